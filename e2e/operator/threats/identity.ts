// Who the operator gives credentials to: tokens that are authentic and in the wrong hands.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { TOKEN_PATH } from '#contracts/pod/names.ts'
import { gatewayProcess } from '../processes.ts'
import type { Stage } from '../stage.ts'
import { type Attacker, GATEWAY, type Ground, gatewayUid, hostile, inNetworkOf, podField, psqlOf } from './ground.ts'
import { AGENTS, OUTSIDE } from './pods.ts'
import { type Replay, replay } from './replay.ts'

const PROGRAM = fileURLToPath(new URL('./replay.ts', import.meta.url))

export function identity(ground: () => Ground): void {
  const stage = () => ground().stage

  describe('identity of hostile pods', () => {
    test('T44: the gateway’s token from elsewhere gets nothing', async () => {
      const claim = await claimWith(stage(), await tokenOf(stage(), 'dealer'))
      assert.match(await replay(claim), /"refusal".*is not an address of pod threats-agents\/dealer/)
    })

    test('T44: nor from another pod with a gateway of its own', async () => {
      const claim = await claimWith(stage(), await tokenOf(stage(), 'dealer'))
      assert.match(
        await fromPod(stage(), 'misled', claim),
        /"refusal".*is not an address of pod threats-agents\/dealer/,
      )
    })

    test('T57: in the pod itself, with a second key, it gets nothing either, and this is told', async () => {
      const claim = await claimWith(stage(), await tokenOf(stage(), 'dealer'))
      assert.match(await fromPod(stage(), 'dealer', claim), /"refusal".*another key is pinned/)
      await stage().until('the operator’s word on it', async () =>
        /another key is pinned/.test(
          await stage().kubectl('logs', '-n', 'sallyport', 'deploy/sallyport', '--all-pods=true'),
        ),
      )
      assert.equal((await psqlOf(stage(), 'dealer', 'select count(*) from customers')).out, '2\n')
    })

    test('T43: a token for another audience is none', async () => {
      const token = (await stage().kubectl('create', 'token', 'dealer', '-n', AGENTS)).trim()
      assert.match(await replay(await claimWith(stage(), token)), /"refusal".*not one for sallyport\.dev\/gateway/)
    })

    test('T38: a token that is bound to no pod, as a static pod’s would be, is none', async () => {
      const made = ['create', 'token', 'dealer', '-n', AGENTS, '--audience=sallyport.dev/gateway']
      const token = (await stage().kubectl(...made)).trim()
      assert.match(await replay(await claimWith(stage(), token)), /"refusal".*bound to a pod/)
    })

    test('T35: a pod without a gateway gets nothing, with a token of its own and from its own address', async () => {
      const bound = ['--bound-object-kind=Pod', '--bound-object-name=peer']
      const made = ['create', 'token', 'default', '-n', OUTSIDE, '--audience=sallyport.dev/gateway', ...bound]
      const claim = await claimWith(stage(), (await stage().kubectl(...made)).trim())
      assert.match(await fromPeer(stage(), claim), /"refusal".*would not be admitted/)
    })
  })
}

async function claimWith(stage: Stage, token: string): Promise<Replay> {
  const env = (name: string) =>
    podField(stage, 'dealer', `{.spec.initContainers[?(@.name=="${GATEWAY}")].env[?(@.name=="${name}")].value}`)
  const [address = '', port] = (await env('SALLYPORT_OPERATOR_ADDRESS')).split(':')
  const [name, ca] = [await env('SALLYPORT_OPERATOR_NAME'), await env('SALLYPORT_OPERATOR_CA')]
  return { address, port: Number(port), name, ca, token }
}

/** As whoever is root on the node could read it; nobody in the pod can. */
async function tokenOf(stage: Stage, who: Attacker): Promise<string> {
  const process = await stage.until(`the gateway of ${who}`, () => gatewayProcess(stage, hostile(who)))
  return (await stage.cluster.onNode(['cat', `/proc/${process}/root${TOKEN_PATH}`])).trim()
}

async function fromPod(stage: Stage, who: Attacker, claim: Replay): Promise<string> {
  const uid = await gatewayUid(stage, who) // nobody else would get out of the pod
  return inNetworkOf(stage, who, { uid, gid: uid }, ...program(claim))
}

async function fromPeer(stage: Stage, claim: Replay): Promise<string> {
  const id = (await podField(stage, 'peer', '{.status.containerStatuses[0].containerID}', OUTSIDE)).replace(/^.*\//, '')
  const process = (
    await stage.cluster.onNode(['sh', '-c', 'grep -ls "$0" /proc/[0-9]*/cgroup | head -1 | cut -d/ -f3', id])
  ).trim()
  return (await stage.cluster.onNode(['nsenter', '--target', process, '--net', '--', ...program(claim)])).trim()
}

function program(claim: Replay): readonly string[] {
  return [process.execPath, '--disable-warning=ExperimentalWarning', PROGRAM, JSON.stringify(claim)]
}
