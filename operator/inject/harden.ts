// What every container of the author's gets, so that the packet filter is a border for it: no capability (NET_RAW, SETUID
// and NET_ADMIN each lead past the filter), no way to gain one, and system calls filtered (AF_VSOCK, AF_ALG).
// Nobody is forced to be another user: most images would break, and root without capabilities cannot become one.
// What the author asks for and may not have (added capabilities, privileged …) stays as it is; admission refuses it by name.
import type { Container, SecurityContext } from './pod.ts'

export function harden(container: Container, ofPod: SecurityContext | undefined): Container {
  const own = container.securityContext ?? {}
  const filtered = own.seccompProfile !== undefined || ofPod?.seccompProfile !== undefined
  return {
    ...container,
    securityContext: {
      ...own,
      allowPrivilegeEscalation: false,
      capabilities: { ...own.capabilities, drop: ['ALL'] },
      ...(filtered ? {} : { seccompProfile: { type: 'RuntimeDefault' } }),
    },
  }
}
