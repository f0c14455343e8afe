// `sallyport sessions …`: arguments in, recordings out.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { RecordingDecoder } from '#contracts/recording/decoder.ts'
import { printableJson } from '#sidecar/printable.ts'
import { type Derivation, readDerivation } from '#sidecar/recorder/keys.ts'
import { messageOf, systemReason } from '#sidecar/system-reason.ts'
import { understand } from '../command-line.ts'
import type { Outputs } from '../io.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { readPublicKey } from './public-key.ts'
import { replay } from './replay.ts'
import { isSound, listText, verifyText } from './report-text.ts'
import { show } from './show.ts'
import { verifyState } from './verify-state.ts'

/** `decoders` come from the protocols: one for each media type that recordings name. */
export async function run(
  args: readonly string[],
  io: Outputs,
  decoders: readonly RecordingDecoder[] = [],
): Promise<number> {
  const options = understand('sessions', USAGE, io, () => readOptions(args))
  if (typeof options === 'number') return options
  try {
    return await execute(options, io, decoders)
  } catch (error) {
    io.stderr.write(`sallyport sessions: ${messageOf(error)}\n`)
    return 2
  }
}

async function execute(options: Options, io: Outputs, decoders: readonly RecordingDecoder[]): Promise<number> {
  if (!existsSync(options.state)) throw new Error(`there is no state directory ${options.state}`)
  if (!statSync(options.state).isDirectory()) throw new Error(`--state ${options.state} is a file, not a directory`)
  if (!recordedIn(options.state))
    throw new Error(`${options.state} is no gateway’s state directory: nothing has been recorded there`)
  const key = readPublicKey(options.key ?? join(options.state, 'recording.pub'))
  if (options.command === 'show' || options.command === 'replay') {
    const view = {
      state: options.state,
      session: options.session,
      key,
      decoders,
      secrets: options.decrypt ? secretKeys(options.state) : undefined,
      json: options.output === 'json',
    }
    return options.command === 'show' ? await show(view, io) : await replay(view, options.speed, io)
  }
  const report = await verifyState(options.state, key)
  const text = options.command === 'list' ? listText(report) : verifyText(report)
  io.stdout.write(options.output === 'json' ? `${printableJson(report, 2)}\n` : text)
  return options.command === 'list' || isSound(report) ? 0 : 1
}

/** Either is left over where somebody took the other away, and then there is something to say. */
function recordedIn(state: string): boolean {
  try {
    return readdirSync(state).some((name) => name === 'recording.pub' || name === 'recordings')
  } catch (error) {
    throw new Error(`--state ${state} cannot be listed: ${systemReason(error)}`, { cause: error })
  }
}

function secretKeys(state: string): Derivation {
  const path = join(state, 'installation.key')
  if (!existsSync(path)) throw new Error(`--decrypt needs ${path}, which is not there`)
  return readDerivation(path)
}
