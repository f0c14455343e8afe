import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { makeAuthority, makeLeaf } from '#sidecar/net/certificate.ts'
import { CertificateFiles } from './certificate-files.ts'

const validity = { from: new Date(0), to: new Date('2100-01-01') }
const authority = makeAuthority('of somebody else', validity)
const [first, second] = [makeLeaf(authority, ['a.b.svc'], validity), makeLeaf(authority, ['a.b.svc'], validity)]
const log = { info: () => undefined, warn: () => undefined }

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-webhooks-'))
  await write({ 'tls.crt': first.certificate, 'tls.key': first.key, 'ca.crt': authority.certificate })
})
afterEach(() => rm(directory, { recursive: true }))

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
}

test('a mounted certificate is the same object until its files hold another one', async () => {
  const files = await CertificateFiles.open(directory, log)
  const { current } = files
  assert.deepEqual(current, { certificate: first.certificate, key: first.key, authority: authority.certificate })
  assert.equal(await files.look(), false)
  assert.equal(files.current, current)
  await write({ 'tls.crt': second.certificate, 'tls.key': second.key })
  assert.equal(await files.look(), true)
  assert.equal(files.current.certificate, second.certificate)
})

test('files that are read while they are exchanged leave the old certificate in force', async () => {
  const files = await CertificateFiles.open(directory, log)
  await write({ 'tls.crt': second.certificate })
  await assert.rejects(files.look(), /do not belong together/)
  assert.equal(files.current.certificate, first.certificate)
  await write({ 'tls.key': second.key })
  assert.equal(await files.look(), true)
})

describe('what cannot be used is told with its remedy', () => {
  const CASES: Readonly<Record<string, readonly [Readonly<Record<string, string>>, RegExp]>> = {
    'an issuer that tells no authority': [{ 'ca.crt': '' }, /ca\.crt holds no certificate: the issuer must be one/],
    'an empty key': [{ 'tls.key': '' }, /tls\.key is empty; see its Certificate resource/],
  }
  for (const [title, [files, says]] of Object.entries(CASES))
    test(title, async () => {
      await write(files)
      await assert.rejects(CertificateFiles.open(directory, log), says)
    })

  test('a file that is not there', async () => {
    await rm(join(directory, 'tls.crt'))
    await assert.rejects(CertificateFiles.open(directory, log), /tls\.crt is missing/)
  })
})
