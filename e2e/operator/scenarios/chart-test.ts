// `helm test`: the chart's own hostile pod, as an administrator runs it on a new cluster.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RELEASE, SYSTEM_NAMESPACE } from '../../cluster/install.ts'
import type { Stage } from '../stage.ts'

export function chartTest(stage: () => Stage): void {
  describe('helm test', () => {
    test('its hostile pod finds no way out, and nothing of it stays', async () => {
      const { cluster, kubectl, until } = stage()
      const said = await cluster.helm(['test', RELEASE, '--namespace', SYSTEM_NAMESPACE, '--timeout', '5m'])
      assert.match(said, /Phase:\s+Succeeded/)
      await until('the end of its namespace', async () => {
        const namespaces = await kubectl('get', 'namespaces', '-o', 'name')
        return !namespaces.includes(`namespace/${RELEASE}-test`)
      })
    })
  })
}
