// The control groups below which the kubelet puts its pods: one root per cluster, in every hierarchy (version 1) or in the
// one there is (version 2).
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './until.ts'

export function makeCgroups(name: string): void {
  for (const root of hierarchies()) {
    mkdirSync(join(root, name), { recursive: true })
    // A new cpuset of version 1 has no CPU and takes no process.
    for (const file of ['cpuset.cpus', 'cpuset.mems'])
      if (existsSync(join(root, file))) writeFileSync(join(root, name, file), readFileSync(join(root, file)))
  }
}

/** Removes them, once their processes are gone. The kernel may still be clearing up after the last one. */
export async function removeCgroups(name: string): Promise<void> {
  for (const root of hierarchies()) {
    const group = join(root, name)
    if (existsSync(group)) await until(`${group} to be empty`, 120_000, () => remove(group))
  }
}

/** Deepest first. Undefined if the kernel says that one is still in use. */
function remove(group: string): true | undefined {
  for (const entry of readdirSync(group, { withFileTypes: true }))
    if (entry.isDirectory() && !remove(join(group, entry.name))) return undefined
  try {
    rmdirSync(group)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EBUSY') return undefined
    throw error
  }
}

function hierarchies(): readonly string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , type, options = '']) => type === 'cgroup' || (type === 'cgroup2' && !options.includes('ro,')))
    .map(([, path = '']) => path)
    .filter((path) => path.startsWith('/sys/fs/cgroup'))
}
