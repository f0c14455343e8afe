// The root file system of the sidecar's image: its programs run in it, and little else is there to run.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { bareLayer } from './debian.ts'
import { NODE, nodeLayer } from './program.ts'

describe('the sidecar’s root file system', { skip: whyNot() }, () => {
  let root: string

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'sallyport-root-test-'))
    for (const { file } of [await bareLayer('sidecar-base', ['libc6', 'libstdc++6', 'nftables']), await nodeLayer()])
      execFileSync('tar', ['-xzf', file, '-C', root])
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  const inside = (...command: readonly string[]) => execFileSync('chroot', [root, ...command]).toString()

  test('Node runs, and it is the one of the tests', () => {
    assert.equal(inside(NODE, '--version').trim(), process.version)
  })

  test('nft runs', () => {
    assert.match(inside('/usr/sbin/nft', '--version'), /^nftables v/)
  })

  test('the public authorities are in it', () => {
    const bundle = readFileSync(join(root, 'etc/ssl/certs/ca-certificates.crt'), 'utf8')
    assert.ok(bundle.split('-----BEGIN CERTIFICATE-----').length > 100)
  })

  test('no shell and no package manager are', () => {
    const found = ['sh', 'bash', 'dash', 'busybox', 'perl', 'apt', 'dpkg'].flatMap((name) =>
      globSync(`${root}/{,usr/,usr/local/}{,s}bin/${name}`),
    )
    assert.deepEqual(found, [])
  })

  test('the user of the image exists and root has no password', () => {
    assert.match(readFileSync(join(root, 'etc/passwd'), 'utf8'), /^nonroot:x:65532:/m)
    assert.equal(existsSync(join(root, 'etc/shadow')), false)
  })
})

function whyNot(): string | false {
  if (process.getuid?.() !== 0) return 'running programs in another root needs root'
  return existsSync('/usr/bin/mmdebstrap') ? false : 'mmdebstrap is not installed (Debian package mmdebstrap)'
}
