// What runs in an agent's pod: `rules` and `self-test` once, before anything of the author's, then `gateway` for the pod's life.
//
// Each loads its own code only: the first two are in the way of every pod's start, and the third is the most of it.

import { messageOf } from '#sidecar/system-reason.ts'
import { setV8 } from './v8-options.ts'

const USAGE = `usage: sallyport-sidecar rules | self-test | gateway

Sallyport's part of an agent's pod. The operator starts all three; there is nothing to start by hand.
  rules      loads the packet filter that steers the pod's egress (needs NET_ADMIN)
  self-test  proves, as an ordinary user, that nothing gets out of the pod
  gateway    serves the pod's connections under the policies that the operator sends
`

async function main(mode: string | undefined): Promise<number> {
  switch (mode) {
    case 'rules':
      return await (await import('./containment/run.ts')).runRules(process.env, process)
    case 'self-test':
      return await (await import('./containment/run.ts')).runSelfTest(process.env, process)
    case 'gateway': {
      const { runGateway } = await import('./pod/run-gateway.ts')
      setV8()
      await runGateway(process.env)
      return 0
    }
    case '--help':
      process.stdout.write(USAGE)
      return 0
    default:
      process.stderr.write(USAGE)
      return 2
  }
}

main(process.argv[2]).then(
  (code) => {
    process.exitCode = code
  },
  (error) => {
    process.stderr.write(`sallyport-sidecar: ${messageOf(error)}\n`)
    process.exitCode = 1
  },
)
