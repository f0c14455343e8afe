// Settings that come with the StartupMessage are decided as the SETs that they are.
import type { Action, ActionShape, Effect, Part, Redacted } from '#sidecar/action.ts'
import type { Pair } from '#sidecar/policy/pair.ts'
import { classifySetting } from './functions/settings.ts'
import type { Setting } from './login/options.ts'
import { PostgresFault } from './wire/fault.ts'

/** Those to forward. Throws, with the policy's words, for one that is not allowed. */
export function startupSettings(settings: readonly Setting[], pair: Pair, now: number): readonly Setting[] {
  for (const setting of settings) {
    const action = setAction(setting)
    const decision = pair.decide(action, { now, session: {} })
    if (decision instanceof Promise || decision.verdict !== 'Allow') {
      throw new PostgresFault({
        sqlstate: '42501',
        message:
          decision instanceof Promise
            ? `setting "${setting.name}" cannot be decided before the session is open`
            : `startup setting "${setting.name}": ${decision.reason}`,
        hint: `Leave ${setting.name} out of the connection's parameters and options.`,
      })
    }
  }
  return settings
}

function setAction({ name }: Setting): Action {
  const kind = classifySetting(name)
  const effect: Effect = kind === 'Session' || kind === 'SearchPath' ? 'Session' : 'Admin'
  const part: Part = { verb: 'set', effect, object: { kind: 'setting', name }, covers: [], columns: [] }
  const shape: ActionShape = { verb: 'set', effect, parts: [part], facts: {}, redacted: `SET ${name} = ?` as Redacted }
  return { shape, text: `SET ${name}`, facts: {}, costly: {} }
}
