// Connections: what is judged of them and how many gateways have them in force → status.
import { CONNECTIONS } from '../../resources.ts'
import type { Controller } from '../controller.ts'
import { planConnection } from './plan.ts'

export const connectionController: Controller = {
  kind: 'Connection',
  resource: CONNECTIONS,
  keys: ({ world }) => world.connections.keys(),
  touched: ({ connections }) => connections,
  plan(key, present, { judgement, acknowledgements }) {
    const verdict = judgement.connectionVerdict(key)
    if (verdict === undefined) return undefined
    return planConnection({
      verdict,
      inForce: acknowledgements.inForce('Connection', key),
      wanted: () => judgement.concernsAgents(key),
      generation: judgement.generationOf('Connection', key),
      present,
    })
  },
}
