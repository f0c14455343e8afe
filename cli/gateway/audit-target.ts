// Where the gateway's audit events go, and a word in its log when they cannot go there: the events themselves are lost then.
import { type AuditSink, openAuditSink } from '#sidecar/audit/sink.ts'
import type { Logger } from '#sidecar/log.ts'
import { systemReason } from '#sidecar/system-reason.ts'
import { about } from './start.ts'

/** `target`: as `--audit` was given. Throws what is wrong with it. */
export async function auditTarget(target: string | undefined, log: Pick<Logger, 'error' | 'info'>): Promise<AuditSink> {
  if (target === undefined) return NOWHERE
  return told(await about(`--audit ${target}`, () => openAuditSink(target)), target, log)
}

const NOWHERE: AuditSink = { write: () => Promise.resolve(), close: () => Promise.resolve() }

/** Once when writing begins to fail, and once when it is over. */
function told(sink: AuditSink, target: string, log: Pick<Logger, 'error' | 'info'>): AuditSink {
  let failing = false
  return {
    async write(lines) {
      try {
        await sink.write(lines)
      } catch (error) {
        if (!failing) log.error(`--audit ${target}: audit events are lost: ${systemReason(error)}`)
        failing = true
        throw error
      }
      if (failing) log.info(`--audit ${target}: audit events are written again`)
      failing = false
    },
    close: () => sink.close(),
  }
}
