// What the programs of a pod find around them: certificates to trust, in every form that they ask for, and words from whoever stands
// where their API server was.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { Answer, Stage } from '../stage.ts'
import { part, pod, podsReady } from './agents.ts'

const TRUST_FILE = '/etc/ssl/orders-db.pem'
const BUNDLE = '/etc/sallyport/trust/ca-bundle.crt'
const STORE = '/etc/sallyport/trust/ca-bundle.p12'
const ACCESS = '/var/run/secrets/kubernetes.io/serviceaccount'

export function inside(stage: () => Stage): void {
  describe('inside of a pod', () => {
    const sh = (script: string): Promise<Answer> =>
      stage().exec({ namespace: 'agents', of: 'pod/inside' }, 'sh', '-c', script)

    before(async () => {
      await trustFiles(stage(), [TRUST_FILE])
      // A replica of the operator may hear of it a moment later than another one.
      await stage().until('a pod with the trust file', async () => {
        await stage().apply([pod('inside')])
        if ((await part(stage(), 'pod/inside', '{.spec.containers[0].volumeMounts}')).includes(TRUST_FILE)) return true
        await stage().remove('pod', '-n', 'agents', 'inside')
        return false
      })
      await podsReady(stage(), 'inside')
    })
    after(async () => {
      await trustFiles(stage(), null)
      await stage().remove('pod', '-n', 'agents', 'inside')
    })

    test('kubectl prints who refuses, and what to do', async () => {
      await stage().kubectl('cp', '-c', 'agent', kubectlOf(stage()), 'agents/inside:/tmp/kubectl')
      const { code, err } = await sh('chmod +x /tmp/kubectl; /tmp/kubectl get pods')
      assert.notEqual(code, 0)
      assert.match(
        err,
        /Error from server \(Forbidden\): Sallyport’s gateway in this pod refuses calls.* ask whoever runs this cluster/,
      )
    })

    test('an in-cluster client gets as far as a Status, by address and by name, with its CA and its token', async () => {
      for (const host of ['$KUBERNETES_SERVICE_HOST', 'kubernetes.default.svc', 'kubernetes.default']) {
        const asked = `https://${host}:$KUBERNETES_SERVICE_PORT/api/v1/namespaces/$(cat ${ACCESS}/namespace)/pods`
        const { out, err } = await sh(
          `curl -sS --cacert ${ACCESS}/ca.crt -H "Authorization: Bearer $(cat ${ACCESS}/token)" ${asked}`,
        )
        assert.equal(JSON.parse(out || '{}').code, 403, err)
      }
    })

    test('what was tried at the API server counts as refused', async () => {
      await stage().until('an Event', async () => {
        const events = ['get', 'events', '-n', 'agents', '--field-selector=reason=EgressRefused']
        const told = await stage().kubectl(...events, '-o', 'jsonpath={.items[*].message}')
        return told.includes('kubernetes.default.svc:443 is no endpoint')
      })
    })

    test('the file that a connection string names is the bundle, and psql verifies the gateway by it', async () => {
      const place = 'host=orders-db.data.svc dbname=orders user=anyone sslmode=verify-full'
      const { out, err } = await sh(
        `cmp ${TRUST_FILE} ${BUNDLE} && psql -X -A -t "${place} sslrootcert=${TRUST_FILE}" -c 'select 1'`,
      )
      assert.equal(out, '1\n', err)
    })

    test('Java’s store holds what the bundle holds', async () => {
      const count = (command: string): string => `${command} | grep -c 'BEGIN CERTIFICATE'`
      const store = `openssl pkcs12 -in ${STORE} -nokeys -passin pass:changeit`
      const { out, err } = await sh(`${count(`cat ${BUNDLE}`)}; ${count(store)}; echo "$JAVA_TOOL_OPTIONS"`)
      const [bundled, stored, options] = out.split('\n')
      assert.ok(Number(bundled) > 50, err)
      assert.equal(stored, bundled)
      assert.match(options ?? '', new RegExp(`-Djavax.net.ssl.trustStore=${STORE} `))
    })
  })
}

function trustFiles({ kubectl }: Stage, paths: readonly string[] | null): Promise<string> {
  const spec = { settings: { trustFiles: paths } }
  return kubectl('patch', 'connection', '-n', 'data', 'orders-db', '--type=merge', '-p', JSON.stringify({ spec }))
}

/** The program itself: what it is called by may be a link, which would not be copied. */
function kubectlOf({ cluster: { programs } }: Stage): string {
  const found = execFileSync('sh', ['-c', 'command -v kubectl'], {
    env: { ...process.env, PATH: [programs, process.env['PATH']].filter(Boolean).join(':') },
  })
  return realpathSync(found.toString().trim())
}
