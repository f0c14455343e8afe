// The operator and its gateways on a real cluster: one installation, and the scenarios on it one after the other.
import { after, afterEach, before, describe, test } from 'node:test'
import type { Cluster } from '../cluster/cluster.ts'
import { currentCluster, whyNoCurrentCluster } from '../cluster/current.ts'
import { uninstallSallyport } from '../cluster/install.ts'
import { authorities } from './scenarios/authorities.ts'
import { chartTest } from './scenarios/chart-test.ts'
import { rotation } from './scenarios/credentials.ts'
import { egressCap } from './scenarios/egress-cap.ts'
import { firstSession } from './scenarios/first-session.ts'
import { inside } from './scenarios/inside.ts'
import { killSwitch } from './scenarios/kill-switch.ts'
import { modelApi } from './scenarios/model-api.ts'
import { nodeRestart } from './scenarios/node-restart.ts'
import { operatorAway } from './scenarios/operator-away.ts'
import { policyEdits } from './scenarios/policy-edits.ts'
import { readiness } from './scenarios/readiness.ts'
import { recordings } from './scenarios/recordings.ts'
import { sharedBudget } from './scenarios/shared-budget.ts'
import { status } from './scenarios/status.ts'
import { upgrade } from './scenarios/upgrade.ts'
import { workloads } from './scenarios/workloads.ts'
import { type Stage, setStage } from './stage.ts'
import { threats } from './threats/threats.ts'

const why = whyNoCurrentCluster()
// A suite that is skipped is in no count; a test is.
if (why !== undefined) test('the operator on a cluster', { skip: why })

describe('the operator on a cluster', { skip: why ?? false, concurrency: false }, () => {
  let cluster: Cluster | undefined
  let set: Stage | undefined
  let failed = false

  before(async () => {
    cluster = await currentCluster()
    try {
      set = await setStage(cluster, console.error)
    } catch (error) {
      failed = true
      throw error
    }
  })
  afterEach((context) => {
    failed ||= 'passed' in context && !context.passed
  })
  after(async () => {
    if (!cluster) return
    if (failed) console.error(`logs: ${cluster.keepLogs()}`)
    await cluster.kubectl(['delete', 'namespace', 'agents', 'data', '--ignore-not-found', '--timeout=120s'])
    await uninstallSallyport(cluster)
    await cluster.stop()
  })

  const stage = (): Stage => {
    if (!set) throw new Error('the stage is not set')
    return set
  }
  firstSession(stage)
  policyEdits(stage)
  rotation(stage)
  killSwitch(stage)
  status(stage)
  readiness(stage)
  modelApi(stage)
  workloads(stage)
  inside(stage)
  egressCap(stage)
  recordings(stage)
  sharedBudget(stage)
  chartTest(stage)
  nodeRestart(stage)
  authorities(stage)
  operatorAway(stage)
  upgrade(stage)
  threats(stage)
})
