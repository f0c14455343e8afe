// Writes statements into a recording without pause until it is killed: the other half of a test.
import { openKeys } from '#sidecar/recorder/keys.ts'
import { Recorder } from '#sidecar/recorder/recorder.ts'
import { DONE, FULL, intent, meta } from '#sidecar/recorder/testdata.ts'

const [state] = process.argv.slice(2)
if (state === undefined) throw new Error('usage: testdata-writer STATE')
const recorder = Recorder.open(state, openKeys(state))
const session = recorder.session(meta(), FULL)
for (;;) {
  for (let i = 0; i < 100; i++) {
    await session.intent(intent())
    session.response(session.lastOrdinal, Buffer.from('some response'), 1)
    session.outcome(session.lastOrdinal, DONE)
  }
  // What has been handed to the file system by now must be found after the kill.
  process.stdout.write(`${session.lastOrdinal} ${recorder.counters.bytesWritten}\n`)
  await new Promise((resolve) => setImmediate(resolve))
}
