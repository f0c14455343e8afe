// `sallyport gateway`: manifests in, listeners out, until it is told to stop.
import { join } from 'node:path'
import { loadManifests } from '#crds/load.ts'
import { AuditLog } from '#sidecar/audit/audit-log.ts'
import { collectWhenQuiet } from '#sidecar/collect-when-quiet.ts'
import { activityOf, newGatewayCounters } from '#sidecar/counters.ts'
import { CannotListen, whyNotListening } from '#sidecar/gateway/cannot-listen.ts'
import { configure } from '#sidecar/gateway/configuration.ts'
import { Gateway, type Listener, type Listening } from '#sidecar/gateway/gateway.ts'
import { Servers } from '#sidecar/gateway/servers.ts'
import { keysTrouble } from '#sidecar/identity/keys-trouble.ts'
import { createLogger, type Logger } from '#sidecar/log.ts'
import { MemoryBudget } from '#sidecar/memory-budget.ts'
import type { MetricSources } from '#sidecar/metrics.ts'
import { AgentTls } from '#sidecar/net/agent-tls.ts'
import { hostPort } from '#sidecar/net/host-port.ts'
import { resolveByMachine } from '#sidecar/net/resolve.ts'
import { LimitCounters } from '#sidecar/policy/limits.ts'
import { type Keys, openKeys } from '#sidecar/recorder/keys.ts'
import { Recorder } from '#sidecar/recorder/recorder.ts'
import type { ConfiguredConnection, Services } from '#sidecar/services.ts'
import { messageOf } from '#sidecar/system-reason.ts'
import { understand } from '../command-line.ts'
import type { Io } from '../io.ts'
import { auditTarget } from './audit-target.ts'
import { listenProblem, placeListeners } from './listeners.ts'
import { type GatewayCommand, readOptions, USAGE } from './options.ts'
import { dialsItself } from './own-targets.ts'
import { tryTargets } from './reach.ts'
import { type DirectoryResources, gatewayResources, unusable } from './resources.ts'
import { mustBeThere, named, usableResources } from './start.ts'
import { watchDirectory } from './watch.ts'

export async function run(args: readonly string[], io: Io): Promise<number> {
  const command = understand('gateway', USAGE, io, () => readOptions(args))
  if (typeof command === 'number') return command
  try {
    await new Standalone(command, io).run()
    return 0
  } catch (error) {
    io.stderr.write(`sallyport gateway: ${messageOf(error)}\n`)
    return 1
  }
}

class Standalone {
  readonly #command: GatewayCommand
  readonly #io: Io
  readonly #log: Logger
  /** What is open, in the order of its opening: closed in the other order, at the end or when the start fails. */
  readonly #open: (() => Promise<void> | void)[] = []
  #connections: readonly ConfiguredConnection[] = []
  #listeners: readonly Listener[] = []
  #serving = false

  constructor(command: GatewayCommand, io: Io) {
    this.#command = command
    this.#io = io
    this.#log = createLogger(command.log)
  }

  async run(): Promise<void> {
    try {
      await this.#start()
    } catch (error) {
      await this.#close().catch(() => undefined)
      throw error
    }
    await stopSignal()
    await this.#close()
  }

  /** What may fail comes before the first listener: an agent that is let in finds everything in place. */
  async #start(): Promise<void> {
    const command = this.#command
    await mustBeThere(command.manifests)
    // Watched from before the first reading, so that no change falls between the two.
    const watch = await watchDirectory(command.manifests)
    const manifests = await loadManifests(command.manifests)
    const resources = usableResources(manifests, command)
    const audit = await this.#audit()
    const { keys, recorder } = this.#recorder(audit)
    const agentTls = command.agentTls ? await AgentTls.open({ directory: join(command.state, 'tls') }) : undefined
    const counters = newGatewayCounters()
    await this.#metrics({ gateway: counters, recorder, audit }, recorder)
    const servers = new Servers(
      (configuration): Services => ({
        log: this.#log,
        recorder,
        audit,
        counters,
        limits: new LimitCounters(),
        maskingKeys: { hash: keys.derive('hash-mask'), tokenize: keys.derive('tokenize') },
        memory: new MemoryBudget(UNFINISHED_BYTES),
        agentTls,
        agent: command.agent,
        resolve: resolveByMachine,
        policies: () => configuration().policies,
        tokens: () => configuration().tokens,
        now: Date.now,
      }),
    )
    const gateway = new Gateway(servers, this.#log)
    this.#open.push(() => gateway.close(STOPPING))
    const listening = await this.#apply(gateway, resources).catch((error) => {
      throw error instanceof CannotListen ? new Error(listenProblem(error), { cause: error }) : error
    })
    this.#serving = true
    this.#announce(listening, command.audit === '-')
    watch.start(() => this.#reload(gateway, audit))
    this.#open.push(() => watch.stop())
    collectWhenQuiet(() => activityOf(counters))
    void tryTargets(this.#connections, (warning) => this.#log.warn(warning))
  }

  async #close(): Promise<void> {
    let failure: { readonly error: unknown } | undefined
    for (const close of this.#open.splice(0).reverse()) {
      try {
        await close()
      } catch (error) {
        failure ??= { error }
      }
    }
    if (failure) throw failure.error
  }

  async #audit(): Promise<AuditLog> {
    const audit = new AuditLog(await auditTarget(this.#command.audit, this.#log))
    this.#open.push(() => audit.close())
    return audit
  }

  #recorder(audit: AuditLog): { readonly keys: Keys; readonly recorder: Recorder } {
    const { state } = this.#command
    try {
      const keys = openKeys(state)
      const recorder = Recorder.open(state, keys, {
        onTrouble: ({ kind, session, message }) => {
          this.#log[kind === 'recovered' ? 'info' : 'error']({ session }, `recording ${kind}: ${message}`)
          audit.emit({ type: `recorder.${kind}`, session, reason: message })
        },
      })
      this.#open.push(() => recorder.close(STOPPING))
      return { keys, recorder }
    } catch (error) {
      throw named(`--state ${state}`, error)
    }
  }

  async #apply(gateway: Gateway, resources: DirectoryResources): Promise<readonly Listening[]> {
    const configuration = configure(resources, { onTrouble: keysTrouble(this.#log) })
    this.#connections = configuration.connections
    for (const [key, reason] of resources.connectionProblems ?? []) {
      this.#log.error(`Connection ${key} takes no sessions: ${reason}`)
    }
    for (const [key, reason] of resources.invalid) {
      this.#log.error(`policy ${key} cannot be enforced, so what it selects is denied: ${reason}`)
    }
    for (const warning of resources.warnings) this.#log.warn(warning)
    const listeners = await placeListeners(configuration.connections, this.#command.listen, this.#listeners)
    const problem = dialsItself(listeners, configuration.connections)
    if (problem !== undefined) throw new Error(problem)
    this.#listeners = listeners
    return gateway.apply(configuration, this.#listeners)
  }

  async #reload(gateway: Gateway, audit: AuditLog): Promise<void> {
    try {
      const manifests = await loadManifests(this.#command.manifests)
      const problem = unusable(manifests)
      if (problem !== undefined) {
        this.#log.error(`the manifests changed but cannot be read, so the last ones stay in force: ${problem}`)
        audit.emit({ type: 'config.reloaded', hash: '', problems: [problem] })
        return
      }
      const resources = gatewayResources(manifests)
      this.#announce(await this.#apply(gateway, resources), this.#command.audit === '-')
      const problems = [...resources.invalid.values(), ...(resources.connectionProblems?.values() ?? [])]
      const hash = gateway.policyHash
      audit.emit({ type: 'config.reloaded', hash, problems })
      this.#log.info({ policies: hash.slice(0, 12), sessions: gateway.sessions }, 'the manifests were read again')
    } catch (error) {
      const problem = messageOf(error)
      this.#log.error({ error }, 'the manifests changed but could not be taken into force whole')
      audit.emit({ type: 'config.reloaded', hash: gateway.policyHash, problems: [problem] })
    }
  }

  /** Where each Connection is. Standard output may be the audit stream's; then people read standard error. */
  #announce(listening: readonly Listening[], quietOutput: boolean): void {
    const to = quietOutput ? this.#io.stderr : this.#io.stdout
    for (const { connections, host, port, protocol } of listening) {
      to.write(`${connections.join(', ')} (${protocol}) listens on ${hostPort(host, port)}\n`)
    }
  }

  async #metrics(sources: MetricSources, recorder: Recorder): Promise<void> {
    const { metrics } = this.#command
    if (!metrics) return
    // node:http is loaded for those only who want metrics.
    const { metricsServer } = await import('#sidecar/metrics-server.ts')
    const server = metricsServer(async () => (await import('#sidecar/metrics.ts')).buildRegistry(sources), {
      '/healthz': () => {
        if (!this.#serving) return 'the gateway is starting'
        return recorder.failing ? 'recordings cannot be written' : undefined
      },
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(new Error(`--metrics ${metrics.host}:${metrics.port}: ${whyNotListening(error)}`, { cause: error })),
      )
      server.listen(metrics.port, metrics.host, resolve)
    })
    this.#open.push(() => {
      server.close()
    })
    this.#io.stderr.write(`metrics on http://${metrics.host}:${metrics.port}/metrics\n`)
  }
}

const STOPPING = 'the gateway is stopping'

/** Of all sessions together. */
const UNFINISHED_BYTES = 256 * 1024 * 1024

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
