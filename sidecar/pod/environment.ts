// What the operator wrote into the gateway's container, as precise values. A gateway that misses one cannot work: it says which.
import { isIP } from 'node:net'
import { ENVIRONMENT } from '#contracts/pod/names.ts'

export interface PodEnvironment {
  readonly operator: { readonly address: string; readonly port: number; readonly name: string; readonly ca: string }
  readonly podName: string
  readonly podNamespace: string
  readonly podUid: string
  /** At least one; the first one is where the kubelet looks for health. */
  readonly podIps: readonly [string, ...string[]]
  /** Where the kubelet tells every container that the API server is. The gateway never speaks to it. */
  readonly apiServer: { readonly address: string; readonly port: number } | undefined
}

/** Throws with the name of the variable that is missing or wrong. */
export function readEnvironment(environment: NodeJS.ProcessEnv): PodEnvironment {
  const value = (name: string): string => {
    const found = environment[name]
    if (found === undefined || found === '') throw wrong(name, 'is not set')
    return found
  }
  return {
    operator: {
      ...addressAndPort(ENVIRONMENT.operatorAddress, value(ENVIRONMENT.operatorAddress)),
      name: value(ENVIRONMENT.operatorName),
      ca: value(ENVIRONMENT.operatorCa),
    },
    podName: value(ENVIRONMENT.podName),
    podNamespace: value(ENVIRONMENT.podNamespace),
    podUid: value(ENVIRONMENT.podUid),
    podIps: addresses(ENVIRONMENT.podIps, value(ENVIRONMENT.podIps)),
    apiServer: apiServer(environment),
  }
}

/** Undefined too where it is no address: then nobody can be found to have dialled it. */
function apiServer(environment: NodeJS.ProcessEnv): PodEnvironment['apiServer'] {
  const { KUBERNETES_SERVICE_HOST: address = '', KUBERNETES_SERVICE_PORT: digits = '' } = environment
  const port = Number(digits)
  return isIP(address) === 0 || !(port >= 1 && port <= 65_535) ? undefined : { address, port }
}

function addressAndPort(name: string, text: string): { readonly address: string; readonly port: number } {
  const [, address = '', digits = ''] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (isIP(address) === 0 || port < 1 || port > 65_535) throw wrong(name, `is no address:port: ${text}`)
  return { address, port }
}

function addresses(name: string, text: string): readonly [string, ...string[]] {
  const [first, ...others] = text.split(',').map((part) => part.trim())
  if (first === undefined || [first, ...others].some((each) => isIP(each) === 0)) {
    throw wrong(name, `is no list of addresses: ${text}`)
  }
  return [first, ...others]
}

function wrong(name: string, problem: string): Error {
  return new Error(`${name} ${problem}: this program is made to be started by Sallyport's operator, in a pod`)
}
