// What each image holds, and where its archive is.
import { readlink, rename, rm, stat, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { MALLOC_ENVIRONMENT, V8_OPTIONS } from '#sidecar/v8-options.ts'
import { bareLayer, USER } from './debian.ts'
import { agentLayers, NODE_PATH } from './e2e/agent.ts'
import { TARGET_USER, targetLayers } from './e2e/target.ts'
import { CACHE, digestOf } from './layers.ts'
import { type Execution, type Layer, writeArchive } from './oci.ts'
import { APP, NODE, nodeLayer, programLayer } from './program.ts'

interface Recipe {
  readonly about: string
  readonly layers: () => Promise<readonly Layer[]>
  readonly execution: Execution
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** No signal opens the inspector: it would listen where the agent can reach it. */
const FLAGS = ['--disable-sigusr1', '--disable-warning=ExperimentalWarning']

/** Nobody waits for a collection of the operator's: its nursery is half a gateway's. */
const OPERATOR_V8 = ['--max-semi-space-size=2']

/**
 * Every stream to a gateway has buffers of 16 KiB that come and go, among all that stays. Each by itself, they are given back whole: 13 MB
 * less with 600 gateways.
 */
const OPERATOR_MALLOC = { MALLOC_MMAP_THRESHOLD_: '16384' }

const LIBRARIES = ['libc6', 'libstdc++6']

const RECIPES = {
  'sallyport-sidecar': {
    about: 'the gateway, the packet filter’s rules and the self-test',
    layers: async () => [
      await bareLayer('sidecar-base', [...LIBRARIES, 'nftables']),
      await nodeLayer(),
      await programLayer('sidecar', 'sidecar/main.ts'),
    ],
    execution: program('sidecar/main.js', V8_OPTIONS, MALLOC_ENVIRONMENT),
  },
  'sallyport-operator': {
    about: 'the operator',
    layers: async () => [
      await bareLayer('operator-base', LIBRARIES),
      await nodeLayer(),
      await programLayer('operator', 'operator/main.ts'),
    ],
    execution: program('operator/main.js', OPERATOR_V8, { ...MALLOC_ENVIRONMENT, ...OPERATOR_MALLOC }),
  },
  'sallyport-e2e-agent': {
    about: 'tests only: an agent with psql, drivers and tools of attack',
    layers: agentLayers,
    execution: { Env: [PATH, `NODE_PATH=${NODE_PATH}`], Cmd: ['bash'] },
  },
  'sallyport-e2e-postgres': {
    about: 'tests only: a database with TLS and SCRAM',
    layers: targetLayers,
    execution: { User: TARGET_USER, Env: [PATH], Cmd: ['/start'] },
  },
} satisfies Readonly<Record<string, Recipe>>

export type ImageName = keyof typeof RECIPES

export const IMAGE_NAMES: readonly ImageName[] = Object.keys(RECIPES).filter(isImageName)

export function isImageName(name: string): name is ImageName {
  return Object.hasOwn(RECIPES, name)
}

export function about(name: ImageName): string {
  return RECIPES[name].about
}

/** How a container of the image starts. */
export function executionOf(name: ImageName): Execution {
  return RECIPES[name].execution
}

/** What pods call it. Nothing is pushed anywhere: `localhost` is no registry that a runtime would ask. */
export function reference(name: ImageName): string {
  return `localhost/${name}:dev`
}

/** Builds the image, or finds that it is as it was; returns the archive's path, `.cache/images/NAME.tar`. */
export async function buildImage(name: ImageName): Promise<string> {
  const { execution, layers }: Recipe = RECIPES[name]
  const made = await layers()
  const digest = digestOf([JSON.stringify(execution), ...made.map(({ digest }) => digest)])
  const archive = join(CACHE, `${name}-${digest}.tar`)
  const link = join(CACHE, `${name}.tar`)
  const before = await readlink(link).catch(() => undefined)
  if (before === basename(archive) && (await stat(archive).catch(() => undefined))) return link
  await writeArchive(archive, { name: reference(name), layers: made, execution })
  await symlink(basename(archive), `${link}.${process.pid}`)
  await rename(`${link}.${process.pid}`, link)
  if (before !== undefined && before !== basename(archive)) await rm(join(CACHE, before), { force: true })
  return link
}

function program(script: string, v8: readonly string[], malloc: Readonly<Record<string, string>>): Execution {
  return {
    User: USER,
    Env: [PATH, 'NODE_ENV=production', ...Object.entries(malloc).map(([name, value]) => `${name}=${value}`)],
    Entrypoint: [NODE, ...FLAGS, ...v8, join(APP, script)],
    WorkingDir: '/',
  }
}
