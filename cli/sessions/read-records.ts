// The records of a recording or manifest, checked one after the other.
import type { RecordRead } from '#contracts/recording/reader.ts'
import type { Verifier } from '#contracts/recording/verify.ts'
import { readChunks } from './files.ts'

/** Ends where nothing more can be read as a record: what follows may be of any length. */
export async function* readRecords(state: string, name: string, verifier: Verifier): AsyncGenerator<RecordRead> {
  for await (const chunk of readChunks(state, name)) {
    yield* verifier.push(chunk)
    if (verifier.damaged) return
  }
}
