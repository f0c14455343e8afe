// `sallyport demo`: a real database, a real client and the real gateway between them, in a minute.
import { messageOf } from '#sidecar/system-reason.ts'
import { understand } from '../command-line.ts'
import type { Outputs } from '../io.ts'
import { EVIDENCE } from './evidence.ts'
import { type Stage, setUp } from './stage.ts'
import { connectAgent, mustHideSecrets, type Shown, STORY } from './story.ts'

const USAGE = `Usage: sallyport demo [--once]

Starts PostgreSQL 18, fills it with sample data, puts the gateway with the manifests of examples/postgres in front of it,
and lets a scripted agent work, overreach and try to get round it. Then the recording is replayed and verified.
  --once   end after the story (also: ONCE=1); otherwise everything stays up until Ctrl+C, to be tried by hand
  --help   this text

Exit status: 0 all of it happened, 1 something did not (it says what), 2 the command was not understood, 130 it was told to stop
before the end.
`

export async function run(args: readonly string[], io: Outputs): Promise<number> {
  const options = understand('demo', USAGE, io, () => readOptions(args))
  if (typeof options === 'number') return options
  const stop = new AbortController()
  const told = () => stop.abort()
  for (const signal of STOPPING) process.once(signal, told)
  try {
    return await show(options.once, io, stop.signal)
  } finally {
    for (const signal of STOPPING) process.removeListener(signal, told)
  }
}

const STOPPING = ['SIGINT', 'SIGTERM'] as const

/** What a shell says of a command that Ctrl+C ended. */
const INTERRUPTED = 130

async function show(once: boolean, io: Outputs, stop: AbortSignal): Promise<number> {
  io.stdout.write('Starting PostgreSQL 18, sample data and the gateway …\n')
  let stage: Stage | undefined
  try {
    stage = await setUp()
    await tell(stage, io, stop)
    if (stop.aborted) return INTERRUPTED
    io.stdout.write(closing(stage, once))
    if (!once) await aborted(stop)
    return 0
  } catch (error) {
    // A terminal's Ctrl+C ends the database and the gateway as well: nothing that fails then is worth telling.
    if (stop.aborted) return INTERRUPTED
    const said = stage === undefined ? '' : `\nThe gateway said:\n${stage.output()}\n`
    io.stderr.write(`\nThe demo failed: ${messageOf(error)}\n${said}`)
    return 1
  } finally {
    await stage?.stop()
  }
}

/** Throws what is wrong with the arguments. */
function readOptions(args: readonly string[]): { readonly once: boolean } | 'help' {
  if (args.includes('--help') || args.includes('-h')) return 'help'
  const unknown = args.filter((arg) => arg !== '--once')
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(' ')}`)
  return { once: args.includes('--once') || process.env['ONCE'] === '1' }
}

/** Ends between two steps if it is told to stop. */
async function tell(stage: Stage, io: Outputs, stop: AbortSignal): Promise<void> {
  io.stdout.write(`The agent is given ${stage.url} and no password.\n`)
  const agent = await connectAgent(stage)
  let number = 0
  try {
    for (const step of STORY) {
      if (stop.aborted) return
      const shown = await step.run(agent, stage)
      mustHideSecrets(shown.got.join('\n'), `what the agent got in "${step.title}"`)
      io.stdout.write(paragraph(++number, step.title, shown))
    }
  } finally {
    await agent.end()
  }
  for (const { title, run: prove } of EVIDENCE) {
    if (stop.aborted) return
    io.stdout.write(paragraph(++number, title, await prove(stage)))
  }
}

function paragraph(number: number, title: string, { did, got, meaning }: Shown): string {
  return `\n${number}. ${title}\n   > ${did}\n${got.map((line) => `     ${line}\n`).join('')}   ${meaning}\n`
}

function closing(stage: Stage, once: boolean): string {
  const where = `
Where to look next
  the manifests          examples/postgres (this run's copy: ${stage.manifests})
  ask before applying    echo '"delete from orders"' | ./sallyport explain --manifests examples/postgres --connection data/orders-db --agent namespace=agents,serviceAccount=analyst
  all commands           ./sallyport --help
`
  if (once) return `${where}\nAll of it really happened: every step was checked.\n`
  return `${where}
The database and the gateway stay up. In another terminal:
  MANIFESTS=${stage.manifests}
  STATE=${stage.state}
  psql '${stage.url}'
  ./sallyport sessions list --state $STATE
Change $MANIFESTS/policy.yaml and it is in force within a second. Ctrl+C ends everything and removes it.
`
}

async function aborted(stop: AbortSignal): Promise<void> {
  // A pending promise does not keep a process alive; the timer does.
  const alive = setInterval(() => {}, 1 << 30)
  await new Promise<void>((resolve) => {
    if (stop.aborted) resolve()
    else stop.addEventListener('abort', () => resolve())
  })
  clearInterval(alive)
}
