// What is wrong with resources is said where they are: at apply if one object shows it, else in its status.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { conditionOf, untilCondition } from '../conditions.ts'
import type { Stage } from '../stage.ts'

const CREDENTIALS = { secretRef: { name: 'orders-db-gateway' } }
const CA = { caRef: { configMap: { name: 'orders-ca', key: 'ca.crt' } } }

function connection(name: string, spec: Readonly<Record<string, unknown>>): unknown {
  const usual = { protocol: 'PostgreSQL', tls: { mode: 'VerifyFull', ...CA }, credentials: CREDENTIALS }
  return resource('Connection', name, { ...usual, ...spec })
}

function policy(name: string, spec: Readonly<Record<string, unknown>>): unknown {
  const usual = { agents: { namespaces: ['agents'] }, rules: [], masking: [], limits: [] }
  return resource('AccessPolicy', name, { ...usual, ...spec })
}

function resource(kind: string, name: string, spec: unknown): unknown {
  return { apiVersion: 'sallyport.dev/v1alpha1', kind, metadata: { name, namespace: 'data' }, spec }
}

const at = (host: string): Readonly<Record<string, unknown>> => ({ endpoints: [{ host, port: 5432 }] })

const TOLD: Readonly<
  Record<
    string,
    {
      readonly bad: unknown
      readonly of: string
      readonly type: string
      readonly reason: string
      readonly says: RegExp
    }
  >
> = {
  'a policy that names a Connection that is not there': {
    bad: policy('status-lost', { connections: ['nowhere'] }),
    of: 'accesspolicy/status-lost',
    type: 'ResolvedRefs',
    reason: 'ConnectionNotFound',
    says: /nowhere.*create it/,
  },
  'a policy that selects nothing': {
    bad: policy('status-nothing', { connectionSelector: { matchLabels: { tier: 'none' } } }),
    of: 'accesspolicy/status-nothing',
    type: 'ResolvedRefs',
    reason: 'NothingSelected',
    says: /selects no Connection/,
  },
  'a Connection whose Secret is not there': {
    bad: connection('status-secretless', {
      ...at('secretless.data.svc'),
      credentials: { secretRef: { name: 'missing' } },
    }),
    of: 'connection/status-secretless',
    type: 'ResolvedRefs',
    reason: 'SecretNotFound',
    says: /missing.*create it/,
  },
  'a Connection that claims what an older one has': {
    bad: connection('status-rival', {
      ...at('orders-db.data.svc'),
      settings: { match: { databases: ['orders'] } },
    }),
    of: 'connection/status-rival',
    type: 'Accepted',
    reason: 'EndpointConflict',
    says: /data\/orders-db is older.*settings\.match/,
  },
  'a Connection that claims a host of another namespace': {
    bad: connection('status-thief', at('db.elsewhere.svc')),
    of: 'connection/status-thief',
    type: 'Accepted',
    reason: 'HostNotPermitted',
    says: /belongs to namespace elsewhere/,
  },
  'a Connection that claims a host outside without a grant': {
    bad: connection('status-outside', at('db.example.com')),
    of: 'connection/status-outside',
    type: 'Accepted',
    reason: 'HostNotPermitted',
    says: /no EndpointGrant lets namespace data claim/,
  },
}

/** Each object shows it by itself, so nobody has to look for a status. */
const REFUSED: Readonly<Record<string, { readonly bad: unknown; readonly says: RegExp }>> = {
  'a field that does not exist': {
    bad: policy('status-refused', { connections: ['orders-db'], ruels: [] }),
    says: /unknown field|ruels/,
  },
  'a condition that does not compile': {
    bad: policy('status-refused', {
      connections: ['orders-db'],
      rules: [{ name: 'broken', match: { condition: 'facts.hasWhere ||' }, action: 'Deny' }],
    }),
    says: /broken|condition/,
  },
  'a rule that matches with an empty list': {
    bad: policy('status-refused', {
      connections: ['orders-db'],
      rules: [{ name: 'empty', match: { verbs: [] }, action: 'Allow' }],
    }),
    says: /verbs/,
  },
  'a policy without agents': {
    bad: resource('AccessPolicy', 'status-refused', { rules: [], masking: [], limits: [] }),
    says: /agents/,
  },
  'a Connection of an unknown protocol': {
    bad: connection('status-refused', { ...at('orders-db.data.svc'), protocol: 'Gopher' }),
    says: /Gopher/,
  },
}

export function status(stage: () => Stage): void {
  describe('what is wrong is said where it is', () => {
    after(async () => {
      await stage().remove('accesspolicies', '-n', 'data', 'status-lost', 'status-nothing', 'status-first')
      const connections = ['secretless', 'rival', 'thief', 'outside', 'last'].map((name) => `status-${name}`)
      await stage().remove('connections', '-n', 'data', ...connections)
    })

    for (const [title, { bad, of, type, reason, says }] of Object.entries(TOLD)) {
      test(`in the status: ${title}`, async () => {
        await stage().apply([bad])
        const said = await stage().until(title, async () => {
          const found = await conditionOf(stage(), of, type)
          return found?.reason === reason && found
        })
        assert.equal(said.status, 'False')
        assert.match(said.message, says)
        const [ready, degraded] = [await conditionOf(stage(), of, 'Ready'), await conditionOf(stage(), of, 'Degraded')]
        assert.deepEqual([ready?.status, ready?.reason, ready?.message], ['False', reason, said.message])
        assert.deepEqual([degraded?.status, degraded?.reason], ['True', reason])
      })
    }

    test('none of it touches what was there before', async () => {
      const { out, err } = await stage().psql('select count(*) from customers')
      assert.equal(out, '2\n', err)
      assert.equal((await conditionOf(stage(), 'connection/orders-db', 'Accepted'))?.status, 'True')
    })

    for (const [title, { bad, says }] of Object.entries(REFUSED)) {
      test(`refused when it is applied: ${title}`, async () => {
        const { code, err } = await stage().tryApply([bad])
        assert.notEqual(code, 0)
        assert.match(err, says)
      })
    }

    test('any order works: the policy first, then its Connection', async () => {
      await stage().apply([policy('status-first', { connections: ['status-last'] })])
      await stage().until('the lack', async () => {
        const found = await conditionOf(stage(), 'accesspolicy/status-first', 'ResolvedRefs')
        return found?.status === 'False'
      })
      await stage().apply([connection('status-last', at('last.data.svc'))])
      await untilCondition(stage(), 'Ready', 'accesspolicy/status-first', 'connection/status-last')
      for (const each of ['accesspolicy/status-first', 'connection/status-last'])
        assert.equal((await conditionOf(stage(), each, 'ResolvedRefs'))?.status, 'True')
    })

    test('a transition is told as an Event', async () => {
      await stage().until('the Event', async () =>
        (await stage().kubectl('get', 'events', '-n', 'data', '-o', 'jsonpath={.items[*].reason}')).includes(
          'EndpointConflict',
        ),
      )
    })
  })
}
