// Container images without a daemon: an OCI image layout in a tar archive (image-spec 1.1, image-layout.md), as
// `ctr images import`, `kind load image-archive`, `skopeo copy oci-archive:` and `docker load` take it.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGzip } from 'node:zlib'

const run = promisify(execFile)

/** What image-spec config.md calls `config`, as far as it is used here. */
export interface Execution {
  readonly User?: string
  readonly Env?: readonly string[]
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly WorkingDir?: string
}

export interface Image {
  /** As pods name it: `localhost/sallyport-sidecar:dev`. */
  readonly name: string
  /** Lowest first. */
  readonly layers: readonly Layer[]
  readonly execution: Execution
}

/** A compressed layer; `content` is the digest of the tar file in it. */
export interface Layer {
  readonly file: string
  readonly digest: string
  readonly size: number
  readonly content: string
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

/** Every time in an image: the same content makes the same bytes, whenever it is built. */
export const EPOCH = '1970-01-01T00:00:00Z'

/** What makes tar write the same bytes for the same files. */
export const REPRODUCIBLE: readonly string[] = ['--sort=name', '--format=gnu', '--numeric-owner', `--mtime=${EPOCH}`]

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

/** Writes the archive; whoever looks at `file` sees it whole or not at all. */
export async function writeArchive(file: string, image: Image): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const scratch = await mkdtemp(join(dirname(file), '.image-'))
  try {
    const layout = join(scratch, 'layout')
    await mkdir(join(layout, 'blobs/sha256'), { recursive: true })
    await writeLayout(layout, image)
    const archive = join(scratch, 'archive.tar')
    await run('tar', [...REPRODUCIBLE, '--owner=0', '--group=0', '-cf', archive, '-C', layout, '.'])
    await rename(archive, file)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function writeLayout(layout: string, { name, layers, execution }: Image): Promise<void> {
  const platform = { architecture: ARCHITECTURES[process.arch] ?? process.arch, os: 'linux' }
  const blobs = join(layout, 'blobs/sha256')
  for (const { file, digest } of layers) await copyFile(file, join(blobs, digest.replace('sha256:', '')))
  const config = await jsonBlob(layout, 'application/vnd.oci.image.config.v1+json', {
    created: EPOCH,
    ...platform,
    config: execution,
    rootfs: { type: 'layers', diff_ids: layers.map(({ content }) => content) },
    history: layers.map(() => ({ created: EPOCH })),
  })
  const manifest = await jsonBlob(layout, 'application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers: layers.map(({ digest, size }) => ({ mediaType: LAYER, digest, size })),
  })
  const annotations = {
    'io.containerd.image.name': name, // the whole name; containerd otherwise makes one up from the tag
    'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
  }
  await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  await writeFile(
    join(layout, 'index.json'),
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ ...manifest, platform, annotations }],
    }),
  )
}

/** Compresses a tar file. */
export async function compressLayer(tar: string, file: string): Promise<Layer> {
  const outer = createHash('sha256')
  const inner = createHash('sha256')
  let size = 0
  await pipeline(
    createReadStream(tar),
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        inner.update(chunk)
        yield chunk
      }
    },
    createGzip({ level: 3 }), // half the time of the default, for a twentieth more bytes
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        outer.update(chunk)
        size += chunk.length
        yield chunk
      }
    },
    createWriteStream(file),
  )
  return { file, digest: `sha256:${outer.digest('hex')}`, size, content: `sha256:${inner.digest('hex')}` }
}

async function jsonBlob(layout: string, mediaType: string, content: unknown): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(content))
  const digest = createHash('sha256').update(bytes).digest('hex')
  await writeFile(join(layout, 'blobs/sha256', digest), bytes)
  return { mediaType, digest: `sha256:${digest}`, size: bytes.length }
}
