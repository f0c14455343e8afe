// Attacks on containment, each by the number that docs/threats.md gives it: hostile pods on a real cluster.
import { after, before, describe } from 'node:test'
import { OPERATOR_NAMESPACE, type Stage } from '../stage.ts'
import type { Ground } from './ground.ts'
import { packets } from './packets.ts'
import { makePods, removePods } from './pods.ts'
import { privileges } from './privileges.ts'
import { watchPods } from './witness.ts'

export function threats(stage: () => Stage): void {
  describe('threats', { concurrency: false }, () => {
    let ground: Ground | undefined
    const stand = (): Ground => {
      if (!ground) throw new Error('the hostile pods are not there')
      return ground
    }

    before(async () => {
      const { cluster, kubectl } = stage()
      const witness = await watchPods(cluster)
      const address = await kubectl(
        'get',
        'service',
        '-n',
        OPERATOR_NAMESPACE,
        'sallyport',
        '-o',
        'jsonpath={.spec.clusterIP}',
      )
      ground = { stage: stage(), witness, operator: `${address} tcp 8443` }
      await makePods(stage())
    })
    after(async () => {
      await removePods(stage())
      await ground?.witness.stop()
    })

    packets(stand)
    privileges(stand)
  })
}
