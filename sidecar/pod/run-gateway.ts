// The gateway of a pod, wired: everything that it is made of, in the order in which it can be relied on.
import type { Server as HttpServer } from 'node:http'
import { join } from 'node:path'
import type { Welcome } from '#contracts/control/messages.ts'
import { PORTS, STATE_PATH, TRUST_PATH } from '#contracts/pod/names.ts'
import { AuditLog } from '#sidecar/audit/audit-log.ts'
import { openAuditSink } from '#sidecar/audit/sink.ts'
import { collectWhenQuiet } from '#sidecar/collect-when-quiet.ts'
import { activityOf, newGatewayCounters } from '#sidecar/counters.ts'
import { Servers } from '#sidecar/gateway/servers.ts'
import { createLogger, type Logger } from '#sidecar/log.ts'
import type { MaskingKeys } from '#sidecar/masking/digest.ts'
import { MemoryBudget } from '#sidecar/memory-budget.ts'
import { type Check, metricsServer } from '#sidecar/metrics-server.ts'
import { AgentTls } from '#sidecar/net/agent-tls.ts'
import { resolveBy } from '#sidecar/net/resolve.ts'
import { LimitCounters } from '#sidecar/policy/limits.ts'
import { openKeys } from '#sidecar/recorder/keys.ts'
import { Recorder } from '#sidecar/recorder/recorder.ts'
import type { Services } from '#sidecar/services.ts'
import { Steering } from '#sidecar/steering/steering.ts'
import { apiServerStandIn } from './api-server.ts'
import { readEnvironment } from './environment.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { OperatorLink } from './operator-link.ts'
import { PodGateway } from './pod-gateway.ts'
import { RefusedEgress } from './refused-egress.ts'
import { writeTrustFiles } from './trust-files.ts'

/** Runs until it is told to stop. */
export async function runGateway(environment: NodeJS.ProcessEnv): Promise<void> {
  const { operator, podIps, apiServer } = readEnvironment(environment)
  const log = createLogger('info')
  const audit = new AuditLog(await openAuditSink('-'))
  const keys = openKeys(STATE_PATH)
  const recorder = Recorder.open(STATE_PATH, keys, {
    onTrouble: ({ kind, session, message }) => {
      log[kind === 'recovered' ? 'info' : 'error']({ session }, `recording ${kind}: ${message}`)
      audit.emit({ type: `recorder.${kind}`, session, reason: message })
    },
  })
  const agentTls = await AgentTls.open({ directory: join(STATE_PATH, 'tls') })
  const counters = newGatewayCounters()
  const keeper = new LeaseKeeper({ say: (request) => link.say(request), now: Date.now })
  const limits = new LimitCounters(keeper.leases)
  const memory = new MemoryBudget(UNFINISHED_BYTES)
  const maskingKeys = awaitedMaskingKeys()
  const servers = new Servers(
    (configuration): Services => ({
      log,
      recorder,
      audit,
      counters,
      limits,
      memory,
      agentTls,
      get maskingKeys() {
        return maskingKeys.current()
      },
      get agent() {
        return gateway.agent
      },
      resolve: (host) => resolveBy(gateway.nameService, host),
      policies: () => configuration().policies,
      tokens: () => configuration().tokens,
      now: Date.now,
    }),
  )
  const refusedEgress = new RefusedEgress({ audit, agent: () => gateway.agent })
  // Awaited below, when all that its listeners speak to is there.
  const opening = Steering.open({
    log,
    tell: (refused) => void link.say(refused),
    refused: (dialled) => refusedEgress.refused(dialled),
    ...(apiServer && {
      standIn: apiServerStandIn(apiServer, agentTls, () => gateway.nameService.clusterDomain),
    }),
  })
  const answered = Promise.withResolvers<void>()
  const gateway: PodGateway = new PodGateway({
    servers,
    steering: opening,
    log,
    limits: (inForce) => keeper.leases.enforce(inForce),
    answer: (answer, version) => {
      link.say({ ...answer, version })
      answered.resolve()
    },
  })
  const link: OperatorLink = new OperatorLink({
    place: operator,
    version: VERSION,
    recordingKey: keys.publicPem,
    log,
    sessions: () => servers.sessions,
    handlers: {
      welcome: async (welcome) => {
        maskingKeys.set(welcome)
        keeper.welcome()
        const { extraCas, agent } = welcome
        await writeTrustFiles(TRUST_PATH, { extraCas, podCa: agentTls.caCertificate, namespace: agent.namespace })
      },
      snapshot: (snapshot) => gateway.take(snapshot),
      deny: (reason) => gateway.deny(reason),
      leases: (message) => keeper.leases.heard(message, Date.now()),
      lost: () => keeper.lost(),
    },
  })
  const stop = async (): Promise<void> => {
    link.stop()
    keeper.stop()
    servers.close(STOPPING)
    await new Promise((resolve) => setTimeout(resolve, GOODBYE_MS))
  }
  const steering = await opening.catch(async (error) => {
    // A program of the pod sits on a port of ours: the first snapshot is answered with that, so that people learn of it.
    link.start()
    const patience = setTimeout(answered.resolve, LAST_WORD_MS)
    await answered.promise
    clearTimeout(patience)
    await stop()
    throw error
  })
  const metrics = async () =>
    (await import('#sidecar/metrics.ts')).buildRegistry({ gateway: counters, recorder, audit })
  const health = await serveHealth(podIps, log, metrics, {
    '/started': () => (gateway.started ? undefined : 'no policy is in force yet'),
    '/ready': () => {
      if (!gateway.started) return 'no policy is in force yet'
      if (link.stale) return 'the operator is away for too long: everything is denied'
      return recorder.failing ? 'recordings cannot be written' : undefined
    },
  })
  link.start()
  collectWhenQuiet(() => activityOf(counters))
  await stopSignal()
  await stop()
  await steering.close()
  for (const server of health) server.close()
  await recorder.close(STOPPING)
  await audit.close()
}

const STOPPING = 'the gateway is stopping'
/** For the last messages to leave. */
const GOODBYE_MS = 100
/** For the operator to hear why this gateway cannot serve: a new key waits until the kubelet has told of the new container. */
const LAST_WORD_MS = 15_000
/** Of all sessions together. */
const UNFINISHED_BYTES = 64 * 1024 * 1024

const VERSION = '0.1.0'

/** They come with the operator's welcome; no session is opened before. */
function awaitedMaskingKeys(): { current(): MaskingKeys; set(welcome: Welcome): void } {
  let keys: MaskingKeys | undefined
  return {
    current() {
      if (!keys) throw new Error('the operator has not said yet what masks are keyed with')
      return keys
    },
    set({ maskingKeys: { hash, tokenize } }) {
      keys = { hash: Buffer.from(hash, 'base64'), tokenize: Buffer.from(tokenize, 'base64') }
    },
  }
}

/** On the pod's own addresses: the loopback address is the agent's too. */
async function serveHealth(
  addresses: readonly string[],
  log: Logger,
  registry: Parameters<typeof metricsServer>[0],
  checks: Readonly<Record<`/${string}`, Check>>,
): Promise<readonly HttpServer[]> {
  return await Promise.all(
    addresses.map(async (address) => {
      const server = metricsServer(registry, checks)
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(PORTS.health, address, resolve)
      })
      server.on('error', (error) => log.error({ error }, 'health is not served'))
      return server
    }),
  )
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
