// The arguments of a command: understood, or answered at once.
import { errorCode, messageOf } from '#sidecar/system-reason.ts'
import type { Outputs } from './io.ts'

/**
 * The options that `read` finds in the arguments. A number: help was asked for, or `read` threw what is wrong with them; that is said
 * already, and this is the exit status.
 */
export function understand<Options extends object>(
  command: string,
  usage: string,
  { stdout, stderr }: Outputs,
  read: () => Options | 'help',
): Options | number {
  try {
    const options = read()
    if (options !== 'help') return options
    stdout.write(usage)
    return 0
  } catch (error) {
    // The reason alone, or it would scroll away above the help.
    const reason = inOneSentence(error)
    stderr.write(`sallyport ${command}: ${reason}\nsallyport ${command} --help says more\n`)
    return 2
  }
}

/** Node's own words for an option that it does not know go on about arguments that begin with a dash. */
function inOneSentence(error: unknown): string {
  const said = messageOf(error)
  return errorCode(error) === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? (said.split('. ')[0] ?? said) : said
}
