// What runs in the operator's pods.
import { messageOf } from '#sidecar/system-reason.ts'
import { setV8 } from '#sidecar/v8-options.ts'
import { runOperator } from './run.ts'
import { readSelf, readSettings } from './settings.ts'

/** Half of a gateway's: nobody waits for a collection of the operator's. */
const HEAP_GROWTH = 15

const USAGE = `usage: sallyport-operator --settings FILE

Sallyport's operator: puts gateways into agents' pods and feeds them with what Connections and AccessPolicies say.
The chart starts it; there is nothing to start by hand.
  --settings FILE  what the chart wrote (JSON)
`

async function main(args: readonly string[]): Promise<number> {
  const [option, file, ...rest] = args
  if (option === '--help') {
    process.stdout.write(USAGE)
    return 0
  }
  if (option !== '--settings' || file === undefined || rest.length > 0) {
    process.stderr.write(USAGE)
    return 2
  }
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
  setV8(HEAP_GROWTH)
  await runOperator(await readSettings(file), readSelf(process.env), stopped)
  return 0
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error) => {
    process.stderr.write(`sallyport-operator: ${messageOf(error)}\n`)
    process.exit(1)
  },
)
