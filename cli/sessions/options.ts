// The command line of `sallyport sessions`.
import { parseArgs } from 'node:util'

export const USAGE = `Usage: sallyport sessions list   --state DIR [--key PUBLIC] [--output text|json]
       sallyport sessions show   SESSION --state DIR [--key PUBLIC] [--output text|json] [--decrypt]
       sallyport sessions replay SESSION --state DIR [--key PUBLIC] [--speed N|max] [--decrypt]
       sallyport sessions verify --state DIR [--key PUBLIC] [--output text|json]

  list     the recorded sessions: who, where, when, how many statements, sealed or not
  show     one session: every statement with its verdict, outcome and what came back
  replay   one session as it happened: what the agent sent, what it received
  verify   checks every hash, signature and the manifest; names the session and record of whatever was changed

  SESSION              a session's id, or enough of its beginning or end to be unique
  --state DIR          the gateway's state directory
  --key PUBLIC         the public key (PEM) that signatures must fit; without it DIR/recording.pub, which proves less:
                       whoever can change recordings there could have changed that too
  --output text|json   text is the default
  --speed N|max        1 is as fast as it happened, 10 ten times faster; max (default) without pauses
  --decrypt            shows literals that were recorded encrypted, with DIR/installation.key
  --help               this text

Exit status: 0 all is well, 1 something was altered, is missing or is no file, 2 the command was not understood or cannot be done.
`

interface Common {
  readonly state: string
  readonly key: string | undefined
  readonly output: 'text' | 'json'
}

export type Options =
  | (Common & { readonly command: 'list' | 'verify' })
  | (Common & {
      readonly command: 'show' | 'replay'
      readonly session: string
      readonly speed: number
      readonly decrypt: boolean
    })

/** Throws what is wrong with the arguments. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      state: { type: 'string' },
      key: { type: 'string' },
      output: { type: 'string' },
      speed: { type: 'string' },
      decrypt: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return 'help'
  const [command, session, ...more] = positionals
  if (command === undefined) throw new Error('one of list, show, replay, verify is needed')
  if (command !== 'list' && command !== 'show' && command !== 'replay' && command !== 'verify')
    throw new Error(`there is no command ${JSON.stringify(command)}; there are list, show, replay, verify`)
  if (values.state === undefined) throw new Error('--state DIR is needed')
  const output = values.output ?? 'text'
  if (output !== 'text' && output !== 'json') throw new Error(`--output is text or json, not ${JSON.stringify(output)}`)
  const common = { state: values.state, key: values.key, output } as const
  if (command === 'list' || command === 'verify') {
    if (session !== undefined) throw new Error(`${command} takes no session`)
    return { ...common, command }
  }
  if (session === undefined || more.length > 0) throw new Error(`${command} needs one SESSION`)
  const speed = values.speed === undefined || values.speed === 'max' ? Number.POSITIVE_INFINITY : Number(values.speed)
  if (!(speed > 0)) throw new Error(`--speed is a number above 0 or max, not ${JSON.stringify(values.speed)}`)
  return { ...common, command, session, speed, decrypt: values.decrypt === true }
}
