// From the chart's settings to what pods are rendered with.
import type { InjectionSettings } from './inject/settings.ts'
import type { OperatorSettings } from './settings.ts'

/** Rules and self-test run once, for a moment. */
const ONCE = { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } }
/** As long as kubelets renew without being asked for more. */
const TOKEN_SECONDS = 3_600

export function injectionSettings(
  { sidecar, clusterDomain }: OperatorSettings,
  operator: InjectionSettings['operator'],
): InjectionSettings {
  const { mode, image, imagePullPolicy, imagePullSecrets, resources, stateMebibytes, trustFiles, javaTrustStore } =
    sidecar
  return {
    mode,
    image,
    imagePullPolicy,
    imagePullSecrets,
    resources: { rules: ONCE, selfTest: ONCE, gateway: resources },
    operator,
    clusterDomain,
    trustFiles,
    javaTrustStore,
    stateMebibytes,
    tokenSeconds: TOKEN_SECONDS,
  }
}
