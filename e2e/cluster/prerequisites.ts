// What a machine needs for a cluster of its own, and what is installed for it where that is allowed.
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { messageOf } from '#sidecar/system-reason.ts'

/** A program, and the Debian package that brings it. */
export const CLUSTER_PROGRAMS: Readonly<Record<string, string>> = {
  etcd: 'etcd-server',
  containerd: 'containerd',
  runc: 'runc',
  '/usr/lib/cni/ptp': 'containernetworking-plugins',
  nft: 'nftables',
  iptables: 'iptables',
  conntrack: 'conntrack',
  ip: 'iproute2',
  socat: 'socat',
  mmdebstrap: 'mmdebstrap',
  openssl: 'openssl',
  setpriv: 'util-linux',
}

const OLDEST_GO = [1, 25] as const

/** Set by a runner of tests that has tried to start one in vain: why. */
export const NO_CLUSTER = 'SALLYPORT_NO_CLUSTER'

/** Why no cluster can be made here, or undefined if one can. */
export function whyNoCluster(): string | undefined {
  const tried = process.env[NO_CLUSTER]
  if (tried) return tried
  if (process.platform !== 'linux') return 'a test cluster needs Linux'
  if (process.getuid?.() !== 0) return 'a test cluster needs root; or set KUBECONFIG to a cluster'
  const missing = Object.entries(CLUSTER_PROGRAMS).filter(([program]) => !present(program))
  if (missing.length > 0)
    return `a test cluster needs ${missing.map(([program]) => program).join(', ')}: apt-get install ${[...new Set(missing.map(([, name]) => name))].join(' ')}`
  return goProblem() ?? kernelProblem()
}

/** Installs what is missing where this is Debian and root; says nothing about what cannot be had, `whyNoCluster` does. */
export function installClusterPackages(say: (line: string) => void): void {
  const names = Object.entries(CLUSTER_PROGRAMS).filter(([program]) => !present(program))
  if (names.length === 0 || process.getuid?.() !== 0 || !present('apt-get')) return
  const packages = [...new Set(names.map(([, name]) => name))]
  say(`installing ${packages.join(' ')}`)
  const waiting = ['-o', 'DPkg::Lock::Timeout=300', '-q', '-y']
  const apt = (...command: readonly string[]) =>
    execFileSync('apt-get', [...waiting, ...command], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  try {
    apt('update')
    apt('install', '--no-install-recommends', ...packages)
  } catch (error) {
    say(messageOf(error))
  }
}

export function present(program: string): boolean {
  if (program.startsWith('/')) return existsSync(program)
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function goProblem(): string | undefined {
  const wanted = OLDEST_GO.join('.')
  if (!present('go')) return `a test cluster needs Go ${wanted} or newer to build Kubernetes`
  const version = execFileSync('go', ['env', 'GOVERSION'], { env: { ...process.env, GOTOOLCHAIN: 'local' } }).toString()
  const [major = 0, minor = 0] = version
    .replace(/^go/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10))
  const old = major < OLDEST_GO[0] || (major === OLDEST_GO[0] && minor < OLDEST_GO[1])
  return old ? `a test cluster needs Go ${wanted} or newer to build Kubernetes; this is ${version.trim()}` : undefined
}

function kernelProblem(): string | undefined {
  const filesystems = readFileSync('/proc/filesystems', 'utf8')
  if (!/\toverlay$/m.test(filesystems)) return 'a test cluster needs the overlay file system in the kernel'
  try {
    execFileSync('nft', ['list', 'tables'], { stdio: ['ignore', 'ignore', 'pipe'] })
    execFileSync('unshare', ['--pid', '--mount', '--net', '--fork', 'true'], { stdio: ['ignore', 'ignore', 'pipe'] })
    return undefined
  } catch (error) {
    return `a test cluster needs namespaces and nftables: ${messageOf(error)}`
  }
}
