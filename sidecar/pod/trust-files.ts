// What the pod's programs are told to trust: the public roots, the installation's own CAs, and the gateway's for this pod, as a PEM
// bundle and as a store for Java. And what stands in for their ServiceAccount's token.
//
// Files are rewritten in place and only when they differ. Containers have them mounted one by one (`subPath`), and a mount stays
// with the file that was there when the container started: one that took its place by a rename would never be seen.
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { API_ACCESS, TRUST_BUNDLE, TRUST_STORE } from '#contracts/pod/names.ts'
import { trustStore } from '#sidecar/net/pkcs12.ts'

export interface Trust {
  /** PEM, each. */
  readonly extraCas: readonly string[]
  readonly podCa: string
  readonly namespace: string
}

/** Its readers want one that is not empty; it proves nothing to anybody. */
const NO_TOKEN = 'sallyport.dev/no-token'

export async function writeTrustFiles(directory: string, { extraCas, podCa, namespace }: Trust): Promise<void> {
  // Whoever reads while a file is being rewritten finds the pod's own CA, which comes first and never changes.
  const trusted = [podCa, ...extraCas, ...rootCertificates]
  await keep(join(directory, TRUST_BUNDLE), Buffer.from(trusted.map((pem) => `${pem.trim()}\n`).join('')))
  await keep(join(directory, TRUST_STORE), trustStore(trusted))
  const access = join(directory, API_ACCESS)
  await mkdir(access, { recursive: true, mode: 0o755 })
  for (const [name, text] of [
    ['ca.crt', podCa] as const,
    ['namespace', namespace] as const,
    ['token', NO_TOKEN] as const,
  ])
    await keep(join(access, name), Buffer.from(text))
}

async function keep(file: string, content: Buffer): Promise<void> {
  const handle = await open(file, 'r+').catch(() => open(file, 'w+', 0o644))
  try {
    if (content.equals(await handle.readFile())) return
    await writeWhole(handle, content)
    await handle.truncate(content.length)
  } finally {
    await handle.close()
  }
}

async function writeWhole(handle: FileHandle, content: Buffer): Promise<void> {
  for (let at = 0; at < content.length; ) at += (await handle.write(content, at, content.length - at, at)).bytesWritten
}
