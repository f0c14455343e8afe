#!/usr/bin/env node
// `sallyport COMMAND …`: each command is a folder with a `run`, loaded when it is asked for.
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { errorCode } from '#sidecar/system-reason.ts'
import { setV8 } from '#sidecar/v8-options.ts'
import { startFrugally } from './gateway/frugal.ts'
import type { Io } from './io.ts'

const COMPILED = join(import.meta.dirname, '../.cache/compile')

interface Command {
  readonly about: string
  /** It goes on when nobody reads what it says. */
  readonly serves?: true
  readonly run: (args: readonly string[], io: Io) => Promise<number>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  gateway: {
    about: 'serve Connections on this machine, without Kubernetes',
    serves: true,
    run: async (args, io) => {
      const load = () => import('./gateway/run.ts')
      await startFrugally(COMPILED, load)
      const { run } = await load()
      setV8()
      return run(args, io)
    },
  },
  check: {
    about: 'validate a directory of manifests as the API server would',
    run: async (args, io) =>
      (await import('./check/run.ts')).run(args, io, (await import('#sidecar/protocols/registry.ts')).PROTOCOLS),
  },
  explain: {
    about: 'tell what statements would do and what policies say of them',
    run: async (args, io) => (await import('./explain/run.ts')).run(args, io),
  },
  sessions: {
    about: 'list, show, replay and verify recordings',
    run: async (args, io) => {
      const { PROTOCOLS } = await import('#sidecar/protocols/registry.ts')
      return (await import('./sessions/run.ts')).run(
        args,
        io,
        PROTOCOLS.map(({ decoder }) => decoder),
      )
    },
  },
  observe: {
    about: 'list what agents’ pods were refused, as manifests that would open it',
    run: async (args, io) => (await import('./observe/run.ts')).run(args, io),
  },
  doctor: {
    about: 'look for what would keep an installation from working, and say what to do',
    run: async (args, io) => (await import('./doctor/run.ts')).run(args, io),
  },
  demo: {
    about: 'watch an agent’s session being allowed, masked, blocked, limited and recorded',
    serves: true,
    run: async (args, io) => (await import('./demo/run.ts')).run(args, io),
  },
}

const USAGE = `Usage: sallyport COMMAND [options]

${Object.entries(COMMANDS)
  .map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`)
  .join('\n')}

sallyport COMMAND --help says more; sallyport --version says which one this is.
`

function version(): string {
  const file = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')
  return (JSON.parse(file) as { version: string }).version
}

async function main(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args
  const [about] = rest
  if (name === 'help' && about !== undefined) return main([about, '--help'], io)
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    ;(name === undefined ? io.stderr : io.stdout).write(USAGE)
    return name === undefined ? 2 : 0
  }
  if (name === '--version') {
    io.stdout.write(`sallyport ${version()}\n`)
    return 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) {
    const all = Object.keys(COMMANDS).join(', ')
    io.stderr.write(`sallyport: there is no command "${name}"; there are ${all}\nsallyport --help says more\n`)
    return 2
  }
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error) => {
      if (errorCode(error) !== 'EPIPE') throw error
      if (!command.serves) process.exit(READER_GONE)
    })
  return command.run(rest, io)
}

/** What a shell says of any program that `head` has read enough of. */
const READER_GONE = 141

// From the second start on the sources need not be stripped of types again: 0.4 s and 30 MB less.
enableCompileCache(COMPILED)
process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})
