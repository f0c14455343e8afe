// The archive as image-spec 1.1 describes it, read back with tar and hashed again. That a runtime takes it is shown where there
// is one: e2e/cluster/cluster.test.ts runs pods of such images.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { compressLayer, REPRODUCIBLE, writeArchive } from './oci.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-oci-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const IMAGE = { name: 'localhost/thing:dev', execution: { User: '65532', Entrypoint: ['/thing'] } }

/** An image of one file, built anew in a folder of that name at another time. */
async function build(name: string, time: number): Promise<Buffer> {
  const root = join(folder, name)
  mkdirSync(join(root, 'tree'), { recursive: true })
  writeFileSync(join(root, 'tree/thing'), 'content')
  utimesSync(join(root, 'tree/thing'), time, time)
  execFileSync('tar', [
    ...REPRODUCIBLE,
    '--owner=0',
    '--group=0',
    '-cf',
    join(root, 'layer.tar'),
    '-C',
    join(root, 'tree'),
    'thing',
  ])
  const layer = await compressLayer(join(root, 'layer.tar'), join(root, 'layer.tar.gz'))
  await writeArchive(join(root, 'archive.tar'), { ...IMAGE, layers: [layer] })
  return readFileSync(join(root, 'archive.tar'))
}

test('the same content makes the same archive, whenever and wherever it is built', async () => {
  assert.deepEqual(await build('first', 1_000_000), await build('second', 2_000_000))
})

test('index, manifest, configuration and layers name each other by their digests', async () => {
  const archive = join(folder, 'archive.tar')
  writeFileSync(archive, await build('whole', 0))
  const entry = (name: string) => execFileSync('tar', ['-xOf', archive, `./${name}`])
  const blob = ({ digest, size }: { digest: string; size: number }) => {
    const bytes = entry(`blobs/${digest.replace(':', '/')}`)
    assert.deepEqual({ digest: sha256(bytes), size: bytes.length }, { digest, size })
    return bytes
  }
  assert.deepEqual(JSON.parse(entry('oci-layout').toString()), { imageLayoutVersion: '1.0.0' })
  const [reference] = JSON.parse(entry('index.json').toString()).manifests
  assert.equal(reference.annotations['io.containerd.image.name'], 'localhost/thing:dev')
  assert.equal(reference.annotations['org.opencontainers.image.ref.name'], 'dev')
  const manifest = JSON.parse(blob(reference).toString())
  const configuration = JSON.parse(blob(manifest.config).toString())
  assert.deepEqual(configuration.config, IMAGE.execution)
  assert.equal(configuration.architecture, reference.platform.architecture)
  const contents = manifest.layers.map((layer: { digest: string; size: number }) => gunzipSync(blob(layer)))
  assert.deepEqual(contents.map(sha256), configuration.rootfs.diff_ids)
})

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
