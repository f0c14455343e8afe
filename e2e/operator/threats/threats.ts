// Attacks on containment, each by the number that docs/threats.md gives it: hostile pods on a real cluster.
import { after, before, describe } from 'node:test'
import { whyNoNode } from '../../cluster/current.ts'
import { SYSTEM_NAMESPACE } from '../../cluster/install.ts'
import type { Stage } from '../stage.ts'
import { admission, forgetAdmission } from './admission.ts'
import { away } from './away.ts'
import type { Ground } from './ground.ts'
import { identity } from './identity.ts'
import { image } from './image.ts'
import { lifecycle } from './lifecycle.ts'
import { packets } from './packets.ts'
import { makePods, removePods } from './pods.ts'
import { privileges } from './privileges.ts'
import { forgetWiring, wiring } from './wiring.ts'
import { watchPods } from './witness.ts'

export function threats(stage: () => Stage): void {
  describe('threats', { skip: whyNoNode() ?? false, concurrency: false }, () => {
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
        SYSTEM_NAMESPACE,
        'sallyport',
        '-o',
        'jsonpath={.spec.clusterIP}',
      )
      ground = { stage: stage(), witness, operator: `${address} tcp 8443` }
      await makePods(stage())
    })
    after(async () => {
      await forgetAdmission(stage())
      await forgetWiring(stage())
      await removePods(stage())
      await ground?.witness.stop()
    })

    packets(stand)
    privileges(stand)
    admission(stand)
    identity(stand)
    wiring(stand)
    image(stand)
    lifecycle(stand)
    away(stand)
  })
}
