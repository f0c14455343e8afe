// The CA certificates that the pod's programs are told to trust: the public roots, the installation's own, and the gateway's for
// this pod. Written by rename, so that nobody reads half of it.
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { TRUST_BUNDLE } from '#contracts/pod/names.ts'

export async function writeTrustBundle(
  directory: string,
  { extraCas, podCa }: { readonly extraCas: readonly string[]; readonly podCa: string },
): Promise<void> {
  const bundle = [podCa, ...extraCas, ...rootCertificates].map((pem) => `${pem.trim()}\n`).join('')
  const draft = join(directory, `.${TRUST_BUNDLE}.new`)
  await writeFile(draft, bundle, { mode: 0o644 })
  await rename(draft, join(directory, TRUST_BUNDLE))
}
