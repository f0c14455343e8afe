// The namespaces in which all of a cluster's processes live: PIDs, mounts, network. Whatever runs or is mounted in them is
// gone when their first process is, which the kernel sees to, so a crash leaves no process, mount, device or route behind.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Place, placeOf, SLOTS } from './place.ts'
import { until } from './until.ts'

const run = promisify(execFile)

/**
 * A private /var and /run: programs that insist on places there (sockets, pod logs, CNI state) find them, and two clusters
 * or a container runtime of the machine never meet. The shell then stays, as the one who buries what others abandon.
 */
const INIT = `
  set -e
  mount --make-rshared /
  mount --bind "$1/var" /var
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /run/lock /run/netns
  echo 1 > /proc/sys/net/ipv4/ip_forward
  ip link set lo up
  touch "$1/namespaces-ready"
  while :; do sleep 1000000 & wait $!; done
`

/** What lies below these would be hidden from the cluster's processes. */
export const HIDDEN: readonly string[] = ['/var/', '/run/']

/** Makes them and returns the PID of their first process. With `lasting` they outlive this process. */
export async function makeNamespaces(directory: string, { lasting }: { lasting: boolean }): Promise<number> {
  for (const folder of ['var/lib', 'var/log', 'var/tmp', 'var/cache', 'logs'])
    mkdirSync(join(directory, folder), { recursive: true })
  const log = openSync(join(directory, 'logs/namespaces.log'), 'a')
  const unshare = ['unshare', '--pid', '--mount', '--net', '--fork', '--kill-child=KILL', '--mount-proc']
  // Both links of the chain to this process die with their parent.
  const [program = '', ...options] = lasting ? unshare : ['setpriv', '--pdeathsig', 'KILL', ...unshare]
  const child = spawn(program, [...options, '--', 'bash', '-c', INIT, 'sallyport-cluster', directory], {
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  child.unref()
  const mayGoOn = () => {
    if (child.exitCode !== null) throw new Error(readFileSync(join(directory, 'logs/namespaces.log'), 'utf8').trim())
  }
  const init = await until('the cluster’s namespaces', 120_000, () => {
    mayGoOn()
    return firstChild(child.pid ?? 0)
  })
  await until('the cluster’s mounts', 120_000, () => {
    mayGoOn()
    return existsSync(join(directory, 'namespaces-ready')) || undefined
  })
  return init
}

function firstChild(pid: number): number | undefined {
  const file = `/proc/${pid}/task/${pid}/children`
  const children = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  return children === '' ? undefined : Number(children.split(' ')[0])
}

/** Takes the first free slot, with a cable between the machine and the node and routes to pods and Services. */
export async function connect(init: number): Promise<Place> {
  for (let slot = 0; slot < SLOTS; slot++) {
    const place = placeOf(slot)
    // The device's name is the lock: making it fails where another cluster has it.
    const made = await run('ip', [
      'link',
      'add',
      place.device,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      `${init}`,
    ])
      .then(() => true)
      .catch((error: Error) => {
        if (/File exists/.test(error.message)) return false
        throw error
      })
    if (!made) continue
    await run('ip', ['address', 'add', `${place.machine}/24`, 'dev', place.device])
    await run('ip', ['link', 'set', place.device, 'up'])
    for (const network of [place.podNetwork, place.serviceNetwork])
      await run('ip', ['route', 'add', network, 'via', place.node])
    await inside(init, ['ip', 'address', 'add', `${place.node}/24`, 'dev', 'eth0'])
    await inside(init, ['ip', 'link', 'set', 'eth0', 'up'])
    await inside(init, ['ip', 'route', 'add', 'default', 'via', place.machine])
    return place
  }
  throw new Error(
    `${SLOTS} test clusters are running on this machine already: stop one, or look for network devices sallyport…`,
  )
}

/** Runs a program in the namespaces to its end. */
export async function inside(init: number, command: readonly string[], stdin?: string): Promise<string> {
  const child = run('nsenter', entering(init, command), { maxBuffer: 64 << 20 })
  child.child.stdin?.on('error', () => {}) // a program that does not read its input is no error of ours
  child.child.stdin?.end(stdin)
  return (await child).stdout
}

/** Starts a program in the namespaces, with its output in a file, and leaves its PID there in `NAME.pid`. */
export function launch(init: number, directory: string, name: string, command: readonly string[]): ChildProcess {
  const log = openSync(join(directory, 'logs', `${name}.log`), 'a')
  const leavePid = ['sh', '-c', 'echo $$ > "$0"; exec "$@"', join(directory, `${name}.pid`)]
  const child = spawn('nsenter', entering(init, [...leavePid, ...command]), {
    stdio: ['ignore', log, log],
    detached: true,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/var/tmp', GOTRACEBACK: 'single' },
  })
  closeSync(log)
  child.unref()
  return child
}

function entering(init: number, command: readonly string[]): readonly string[] {
  return ['--target', `${init}`, '--pid', '--mount', '--net', '--', ...command]
}

/** Ends every process in the namespaces. The cable goes with them, but the kernel takes its time: so by name. */
export async function removeNamespaces(init: number, directory: string, device: string): Promise<void> {
  process.kill(init, 'SIGKILL')
  await until('the cluster’s processes to end', 120_000, () => (attended(init, directory) ? undefined : true))
  await run('ip', ['link', 'delete', device]).catch((error: Error) => {
    if (!/Cannot find device/.test(error.message)) throw error
  })
}

/** Whether a cluster has this device. */
export function isConnected(device: string): boolean {
  return existsSync(`/sys/class/net/${device}`)
}

/** Whether this PID is still that cluster's first process: PIDs are used again. */
export function isInit(pid: number, directory: string): boolean {
  const words = commandLine(`${pid}`)
  return words.includes('sallyport-cluster') && words.includes(directory)
}

/** Whether the first process, its parent, or a parent of others in the namespaces is there. All the others end before. */
function attended(init: number, directory: string): boolean {
  return (
    existsSync(`/proc/${init}`) ||
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(commandLine)
      .some(
        ([program, ...words]) =>
          (program === 'unshare' && words.includes(directory)) ||
          (program === 'nsenter' && words[0] === '--target' && words[1] === `${init}`),
      )
  )
}

function commandLine(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
