// Certificates for tests, made by openssl: another implementation than the gateway's own.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Files {
  readonly cert: string
  readonly key: string
}

export class TestCertificates {
  readonly directory = mkdtempSync(join(tmpdir(), 'sallyport-certificates-'))

  authority(name: string, key: readonly string[] = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']): Files {
    const files = this.#files(name)
    this.#openssl(
      'req',
      '-x509',
      '-nodes',
      '-newkey',
      ...key,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      files.key,
      '-out',
      files.cert,
    )
    return files
  }

  /** `extra` goes to the signing step: `-sha384`, `-sigopt rsa_padding_mode:pss` … */
  leaf(
    name: string,
    ca: Files,
    subject: string,
    alternatives: string,
    extra: readonly string[] = ['-sha256'],
    key = ['rsa:2048'],
  ): Files {
    const files = this.#files(name)
    const request = join(this.directory, `${name}.csr`)
    const extensions = join(this.directory, `${name}.ext`)
    writeFileSync(extensions, alternatives === '' ? 'basicConstraints=CA:FALSE' : `subjectAltName=${alternatives}`)
    this.#openssl('req', '-nodes', '-newkey', ...key, '-subj', `/CN=${subject}`, '-keyout', files.key, '-out', request)
    const signing = ['-in', request, '-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-extfile', extensions]
    this.#openssl('x509', '-req', ...signing, '-days', '2', ...extra, '-out', files.cert)
    return files
  }

  read(file: string): string {
    return readFileSync(file, 'utf8')
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }

  #files(name: string): Files {
    return { cert: join(this.directory, `${name}.crt`), key: join(this.directory, `${name}.key`) }
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' })
  }
}
