// The programs of the cluster that no Debian package brings, built once from Go modules and kept outside the work tree:
// Kubernetes and the pause process from the module in node/, CoreDNS from the one in dns/, helm at a pinned version.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const KUBERNETES = '1.34.4'
const HELM = '3.19.5'

/** Variables that hold the version, which otherwise would be one from the time before versions. */
const STAMPS: Readonly<Record<string, string>> = {
  'k8s.io/component-base/version.gitVersion': `v${KUBERNETES}`,
  'k8s.io/component-base/version.gitMajor': '1',
  'k8s.io/component-base/version.gitMinor': '34',
  'helm.sh/helm/v3/internal/version.version': `v${HELM}`,
  'helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor': '1',
  'helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor': '34',
  'helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor': '1',
  'helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor': '34',
}

/** One binary, known by six names. */
const KUBERNETES_NAMES = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'kubectl',
] as const

interface Build {
  readonly program: string
  /** The folder beside this file whose go.mod says of what it is built. */
  readonly module: string
  readonly arguments: readonly string[]
}

const STRIPPED = '-s -w'

function stamped(prefix: string): string {
  const stamps = Object.entries(STAMPS).filter(([name]) => name.startsWith(prefix))
  return [STRIPPED, ...stamps.map(([name, value]) => `-X ${name}=${value}`)].join(' ')
}

const BUILDS: readonly Build[] = [
  { program: 'kubernetes', module: 'node', arguments: ['build', '-ldflags', stamped('k8s.io/'), '.'] },
  { program: 'pause', module: 'node', arguments: ['build', '-ldflags', STRIPPED, './pause'] },
  { program: 'coredns', module: 'dns', arguments: ['build', '-ldflags', STRIPPED, '.'] },
  {
    program: 'helm',
    module: 'node',
    arguments: ['install', '-ldflags', stamped('helm.sh/'), `helm.sh/helm/v3/cmd/helm@v${HELM}`],
  },
]

/** The folder with kube-apiserver, kubelet, kubectl, helm, coredns … under these names. Builds what is missing. */
export async function clusterBinaries(say: (line: string) => void): Promise<string> {
  const folder = binariesFolder()
  mkdirSync(folder, { recursive: true })
  for (const build of BUILDS) await make(folder, build, say)
  for (const name of KUBERNETES_NAMES) link('kubernetes', join(folder, name))
  return folder
}

/** Named after all that goes into it, so that no change finds the old programs. */
export function binariesFolder(): string {
  const hash = createHash('sha256').update(JSON.stringify(BUILDS))
  for (const file of ['node/go.sum', 'node/main.go', 'node/pause/main.go', 'dns/go.sum', 'dns/main.go'])
    hash.update(readFileSync(join(import.meta.dirname, file)))
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return join(cache, 'sallyport', `cluster-${hash.digest('hex').slice(0, 16)}`)
}

/**
 * Looks again once it holds the lock, builds under another name and renames: several processes may want the same program
 * at once, and a build that was broken off leaves nothing that looks finished.
 */
const GUARDED = `
  test -x "$FOLDER/$PROGRAM" && exit 0
  mkdir -p "$FOLDER/.new" && cd "$MODULE" && GOBIN="$FOLDER/.new" go "$@" && mv "$FOLDER/.new/$PROGRAM" "$FOLDER/$PROGRAM"
`

async function make(folder: string, build: Build, say: (line: string) => void): Promise<void> {
  const {
    program,
    module,
    arguments: [verb = '', ...rest],
  } = build
  const output = verb === 'build' ? ['-o', join(folder, '.new', program)] : []
  const child = spawn(
    'flock',
    [join(folder, '.lock'), 'sh', '-c', GUARDED, 'sh', verb, '-v', '-trimpath', ...output, ...rest],
    {
      stdio: ['ignore', 'inherit', 'pipe'],
      env: {
        ...process.env,
        FOLDER: folder,
        PROGRAM: program,
        MODULE: join(import.meta.dirname, module),
        CGO_ENABLED: '0',
        GOFLAGS: '-buildvcs=false',
        GOTOOLCHAIN: 'local',
      },
    },
  )
  const progress = reportPackages(program, say)
  let tail = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-4_000)
    progress.compiled(text.split('\n').length - 1)
  })
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  progress.done()
  if (code !== 0) throw new Error(`building ${program} with Go failed:\n${tail}`)
}

const REPORT_EVERY = 30_000

/** Says how many packages are compiled, now and then; nothing at all for a program that is there. */
function reportPackages(program: string, say: (line: string) => void) {
  const began = Date.now()
  let packages = 0
  const timer = setInterval(() => {
    if (packages > 0) say(`  ${program}: ${packages} packages after ${Math.round((Date.now() - began) / 1000)} s`)
  }, REPORT_EVERY)
  return {
    compiled(count: number) {
      if (packages === 0 && count > 0)
        say(`building ${program} for the test cluster; all its programs together take about 10 minutes, the first time`)
      packages += count
    },
    done: () => clearInterval(timer),
  }
}

function link(target: string, path: string): void {
  try {
    symlinkSync(target, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}
