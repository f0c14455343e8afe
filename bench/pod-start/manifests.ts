// The pods that are compared: an agent with the gateway in it, and the same agent behind three init containers that do nothing.
import { AGENT_NAMESPACE } from '#e2e/cluster/playground.ts'
import { reference } from '#images/images.ts'

/** Says when it starts, to the millisecond: the API server only knows seconds. */
const AGENT = ['sh', '-c', 'date +%s%3N; exec sleep infinity']

const IMAGE = { image: reference('sallyport-e2e-agent'), imagePullPolicy: 'Never' }

export function injected(name: string): object {
  return pod(name, { annotations: { 'sallyport.dev/inject': 'true' } }, {})
}

export function control(name: string): object {
  const initContainers = ['first', 'second', 'third'].map((each) => ({ name: each, ...IMAGE, command: ['true'] }))
  return pod(name, {}, { initContainers })
}

function pod(name: string, metadata: object, spec: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: AGENT_NAMESPACE, labels: { app: 'pod-start' }, ...metadata },
    spec: {
      serviceAccountName: 'analyst',
      terminationGracePeriodSeconds: 0,
      ...spec,
      containers: [
        {
          name: 'agent',
          ...IMAGE,
          command: AGENT,
          env: [{ name: 'DATABASE_URL', value: 'postgresql://analyst:old-password@orders-db.data.svc:5432/orders' }],
        },
      ],
    },
  }
}
