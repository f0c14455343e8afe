// What `check` finds that no resource shows by itself: documents, and the lines that are printed.
import { describe } from 'node:test'
import { connection, eachFinds, type Findings, good, guardrail, policy, rules, SECRET } from './fixtures.ts'

const FOUND: Findings = {
  'nothing, where everything fits': [good],
  'a policy for a Connection that is not there': [
    [...good, policy('connections: [orders]').replace('name: p', 'name: q')],
    'spec.connections[0]: there is no Connection data/orders; allowed: data/db',
  ],
  'a cluster policy for a Connection that is not there': [
    [...good, guardrail('connections: [{namespace: other, name: db}]')],
    'spec.connections[0].name: there is no Connection other/db; allowed: data/db',
  ],
  'a policy for a Connection that is refused itself': [
    [SECRET, connection('db', 'protocol: Postgres'), policy()],
    'spec.protocol: "Postgres" is not a value of this field; allowed: PostgreSQL, TCP, Kubernetes, SSH, HTTP',
  ],
  'a policy where there are no Connections': [[policy()], 'spec.connections[0]: there is no Connection data/db'],
  'a Deny for names that nothing can have': [
    [
      SECRET,
      connection('db'),
      policy(rules('match: {objects: [{kind: table, names: ["public*orders*"]}]}, action: Deny')),
    ],
    'spec.rules[0].match.objects[0].names[0]: no table has the name public*orders*: it needs 2 segments, and * never crosses a dot; allowed: public*orders*.*',
  ],
  'a policy that selects nothing': [
    [
      ...good,
      policy('connections: null\n  connectionSelector: {matchLabels: {tier: gold}}').replace('name: p', 'name: q'),
    ],
    'warning: spec: selects no Connection; allowed: data/db',
  ],
  'a Connection that no policy selects': [
    [SECRET, connection('db')],
    'warning: metadata.name: no policy selects this Connection, so nothing is allowed on it',
  ],
  'of a policy that cannot be read its own fault, and nothing of the Connection that it may have meant': [
    [SECRET, connection('db'), policy('rulez: []')],
    'spec.rulez: unknown field; allowed: mode, suspend, agents, connections, connectionSelector, windows, rules, masking, limits, recording',
  ],
  'a Connection that no policy selects, though one of another namespace cannot be read': [
    [SECRET, connection('db'), policy('rulez: []').replace('namespace: data', 'namespace: other')],
    'warning: metadata.name: no policy selects this Connection, so nothing is allowed on it',
    'spec.rulez: unknown field; allowed: mode, suspend, agents, connections, connectionSelector, windows, rules, masking, limits, recording',
  ],
  'a Secret that is not there': [
    [connection('db'), policy()],
    'spec.credentials.secretRef.name: there is no Secret login in namespace data; allowed: there is no Secret in this namespace',
  ],
  'a Secret of another type': [
    [SECRET.replace('sallyport.dev/credentials', 'Opaque'), connection('db'), policy()],
    'spec.credentials.secretRef.name: Secret login has type Opaque; the gateway reads no other than its own; allowed: sallyport.dev/credentials',
  ],
  'a Secret that lacks a key, and one that it has for nothing': [
    [SECRET.replace('username: gateway', 'user: gateway'), connection('db'), policy()],
    'warning: stringData.user: key user is not used by PostgreSQL (data/db); allowed: username (role to log in as), password (its password)',
    'spec.credentials.secretRef.name: key username is missing in Secret data/login, and PostgreSQL needs it; allowed: username (role to log in as), password (its password)',
  ],
  'no credentials, where the protocol needs some': [
    [connection('db', 'credentials: null'), policy()],
    'spec.credentials: PostgreSQL needs credentials with username; allowed: secretRef: {name: …}',
  ],
  'a ConfigMap that is not there': [
    [SECRET, connection('db', 'tls: {caRef: {configMap: {name: ca}}}'), policy()],
    'spec.tls.caRef.configMap.name: there is no ConfigMap ca in namespace data; allowed: there is no ConfigMap in this namespace',
  ],
  'a ConfigMap without the key': [
    [
      SECRET,
      connection('db', 'tls: {caRef: {configMap: {name: ca}}}'),
      policy(),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ca, namespace: data}\ndata: {tls.crt: x}\n',
    ],
    'spec.tls.caRef.configMap.key: ConfigMap data/ca has no key ca.crt; allowed: tls.crt',
  ],
  'a setting that the protocol does not have': [
    [SECRET, connection('db', 'settings: {authMethod: MD5, authMethods: [Kerberos]}'), policy()],
    'spec.settings.authMethod: unknown field; allowed: match, authMethods',
    'spec.settings.authMethods[0]: "Kerberos" is not a value of this field; allowed: SCRAM-SHA-256, MD5',
  ],
  'a protocol that is not built in': [
    [SECRET, connection('db', 'protocol: SSH'), policy()],
    'spec.protocol: this version has no gateway for SSH; allowed: HTTP, PostgreSQL',
  ],
  'a host of another namespace': [
    [SECRET, connection('db', '', 'db.other.svc'), policy()],
    'spec.endpoints[0].host: db.other.svc belongs to namespace other; a Connection of namespace data cannot claim it; allowed: *.data.svc, or a Connection in namespace other',
  ],
  'an upstream of another namespace': [
    [
      SECRET,
      connection('db', 'endpoints: [{host: db.data.svc, port: 5432, upstream: {host: db.other.svc}}]'),
      policy(),
    ],
    'spec.endpoints[0].upstream.host: db.other.svc belongs to namespace other; a Connection of namespace data cannot claim it; allowed: *.data.svc, or a Connection in namespace other',
  ],
  'an upstream outside that no grant covers, at its own port': [
    [
      SECRET,
      connection('db', 'endpoints: [{host: db.data.svc, port: 5432, upstream: {host: 192.0.2.7, port: 5433}}]'),
      policy(),
      'apiVersion: sallyport.dev/v1alpha1\nkind: EndpointGrant\nmetadata: {name: g}\nspec: {hosts: ["192.0.2.*"], ports: [5432], protocols: [PostgreSQL], namespaces: [data]}\n',
    ],
    'warning: spec.endpoints[0].upstream.host: no EndpointGrant here lets namespace data claim 192.0.2.7:5433 for PostgreSQL',
  ],
  'nothing, where an upstream is the endpoint’s own namespace’s or outside, and nobody grants anything here': [
    [
      SECRET,
      connection(
        'db',
        'endpoints: [{host: db.data.svc, port: 5432, upstream: {host: db-2.data.svc}}, {host: b.data.svc, port: 5432, upstream: {host: 127.0.0.1}}]',
      ),
      policy(),
    ],
  ],
  'a host outside that no grant covers, where there are grants': [
    [
      SECRET,
      connection('db', '', 'db.example.org'),
      policy(),
      'apiVersion: sallyport.dev/v1alpha1\nkind: EndpointGrant\nmetadata: {name: g}\nspec: {hosts: ["*.example.com"], ports: [5432], protocols: [PostgreSQL], namespaces: [data]}\n',
    ],
    'warning: spec.endpoints[0].host: no EndpointGrant here lets namespace data claim db.example.org:5432 for PostgreSQL',
  ],
  'an endpoint that two protocols share': [
    [
      SECRET,
      connection('db'),
      connection('web', 'protocol: HTTP\n  credentials: null', 'db.data.svc.cluster.local'),
      guardrail(),
    ],
    'spec.endpoints[0]: EndpointConflict: data/db has db.data.svc.cluster.local:5432 too, and it speaks PostgreSQL, this one HTTP; allowed: one protocol, and settings.match that differ',
  ],
  'an endpoint that two Connections share without telling them apart': [
    [
      SECRET,
      connection('db', 'settings: {match: {databases: [a, b]}}'),
      connection('db2', 'settings: {match: {databases: [b]}}', '*.data.svc'),
      guardrail(),
    ],
    'spec.endpoints[0]: EndpointConflict: data/db has *.data.svc:5432 too, and a session could be meant for either: their settings.match have values in common; allowed: one protocol, and settings.match that differ',
  ],
  'nothing, where the hello tells two Connections apart': [
    [
      SECRET,
      connection('db', 'settings: {match: {databases: [a]}}'),
      connection('db2', 'settings: {match: {databases: [b]}}', 'db.data.svc'),
      guardrail(),
    ],
  ],
  'nothing, where one of two Connections says more': [
    [
      SECRET,
      connection('db'),
      connection('db2', 'settings: {match: {databases: [b]}}', 'db.data.svc'),
      connection('db3', 'settings: {match: {databases: [b], users: [c]}}', 'db.data.svc'),
      guardrail(),
    ],
  ],
  'a pattern where the hello is compared as it stands': [
    [SECRET, connection('db', 'settings: {match: {databases: ["ord*"]}}'), policy()],
    'warning: spec.settings.match.databases[0]: "ord*" is compared as it stands; * is no pattern here',
  ],
  'an identity provider that is not there': [
    [SECRET, connection('db'), policy('agents: {identity: {provider: corp}}')],
    'spec.agents.identity.provider: there is no IdentityProvider corp; allowed: there are no IdentityProviders',
  ],
  'identity providers of one issuer that would take the same token': [
    [SECRET, connection('db'), policy(), provider('one', 'a, b'), provider('two', 'c'), provider('three', 'b')],
    'warning: spec.audiences: IdentityProvider one has this issuer with audience b as well: only one of them vouches',
  ],
  'a time zone that does not exist': [
    [SECRET, connection('db'), policy('windows: [{name: w, from: "20:00", to: "22:00", timeZone: Europe/Atlantis}]')],
    'spec.windows[0].timeZone: window w',
  ],
  'a verb that no protocol has': [
    [SECRET, connection('db'), policy(rules('match: {verbs: [insert, dorp]}, action: Deny'))],
    'spec.rules[0].match.verbs[1]: no protocol has the verb dorp; allowed: copy, drop, insert, select',
  ],
  'a verb that only other protocols have': [
    [SECRET, connection('db'), policy(rules('match: {verbs: [get]}, action: Deny'))],
    'warning: spec.rules[0].match.verbs[0]: verb get is unknown to PostgreSQL and never matches; allowed: copy, drop, insert, select',
  ],
  'a kind of object that no protocol has': [
    [SECRET, connection('db'), policy(rules('match: {objects: [{kind: tabel}]}, action: Deny'))],
    'spec.rules[0].match.objects[0].kind: no protocol has the kind of object tabel; allowed: function, schema, table',
  ],
  'a name that no table can have': [
    [
      SECRET,
      connection('db'),
      policy(rules('match: {objects: [{kind: table, names: [orders, "*", "*.orders"]}]}, action: Deny')),
    ],
    'spec.rules[0].match.objects[0].names[0]: no table has the name orders: it needs 2 segments, and * never crosses a dot; allowed: *.orders',
    'spec.rules[0].match.objects[0].names[1]: no table has the name *: it needs 2 segments, and * never crosses a dot; allowed: *.*',
  ],
  'a name that is a column’s': [
    [
      SECRET,
      connection('db'),
      policy(rules('match: {objects: [{kind: table, names: [public.orders.note]}]}, action: Deny')),
    ],
    'warning: spec.rules[0].match.objects[0].names[0]: a name of a table has 2 segments, more only where a name itself has a dot, and public.orders.note has 3; allowed: columns are for masking, and no database goes in front',
  ],
  'names in quotes': [
    [
      SECRET,
      connection('db'),
      policy(
        `${rules(`match: {objects: [{kind: table, names: ['"Sales"."Orders"', 'public.5" pipes']}]}, action: Deny`)}\n  masking: [{name: m, columns: ['public."Orders".note'], strategy: Hash}]`,
      ),
    ],
    'warning: spec.rules[0].match.objects[0].names[0]: "Sales"."Orders" is compared with its quotes, and names have none here; allowed: Sales.Orders',
    'warning: spec.masking[0].columns[0]: public."Orders".note is compared with its quotes, and names have none here; allowed: public.Orders.note',
  ],
  'a function with its arguments': [
    [
      SECRET,
      connection('db'),
      policy(rules('match: {objects: [{kind: function, names: ["public.refund(int)"]}]}, action: Deny')),
    ],
    'warning: spec.rules[0].match.objects[0].names[0]: public.refund(int) is compared with its arguments, and names have none here; allowed: public.refund',
  ],
  'a Deny behind an Allow that takes what it is about': [
    [
      SECRET,
      connection('db'),
      policy(rules('match: {effects: [Read]}, action: Allow', 'match: {objects: [{kind: table}]}, action: Deny')),
    ],
    'warning: spec.rules[1].name: rule r1 does not keep back what rule r0 allows, which comes first: the first rule that matches decides; allowed: put it in front of rule r0',
  ],
  'a Deny that another verb gets round': [
    [
      SECRET,
      connection('db'),
      policy(rules('match: {verbs: [select]}, action: Deny', 'match: {effects: [Read]}, action: Allow')),
    ],
    'warning: spec.rules[0].match.verbs: rule r0 keeps back select, and copy reads rows too; allowed: copy beside it',
  ],
  'a Deny of a schema': [
    [SECRET, connection('db'), policy(rules('match: {objects: [{kind: schema, names: [hr]}]}, action: Deny'))],
    'warning: spec.rules[0].match.objects: rule r0 is about the schema itself, not about what is in it; allowed: {kind: table, names: ["hr.*"]}',
  ],
  'a condition that does not type-check': [
    [SECRET, connection('db'), policy(rules('match: {condition: "facts.hasWhere > 100"}, action: Deny'))],
    'spec.rules[0].match.condition: ',
  ],
  'a condition on a fact that does not exist': [
    [SECRET, connection('db'), policy(rules('match: {condition: "facts.hasWher"}, action: Deny'))],
    'spec.rules[0].match.condition: ',
  ],
  'a rule behind one that matches everything': [
    [SECRET, connection('db'), policy(rules('match: {}, action: Allow', 'match: {verbs: [drop]}, action: Deny'))],
    'warning: spec.rules[1].name: rule r1 is never reached: rule r0 matches all that it matches and comes first; allowed: put it in front, or take it out',
  ],
  'a mask by what the protocol does not have': [
    [SECRET, connection('db'), policy('masking: [{name: m, fields: [$.a], strategy: Hash}]')],
    'spec.masking[0].fields: PostgreSQL cannot mask by fields; allowed: columns, detectors',
  ],
  'no more than that it selects nothing, where some protocol could honour the policy': [
    [
      ...good,
      policy(
        'connections: null\n  connectionSelector: {matchLabels: {tier: gold}}\n  masking: [{name: m, columns: [a.b.c], strategy: Hash}]\n  limits: [{metric: Bytes, per: Statement, max: 1}]',
      ).replace('name: p', 'name: q'),
    ],
    'warning: spec: selects no Connection; allowed: data/db',
  ],
  'what one protocol of several cannot honour': [
    [
      SECRET,
      connection('db'),
      connection('web', 'protocol: HTTP\n  credentials: null'),
      guardrail('masking: [{name: m, columns: [a.b.c], strategy: Hash}]'),
    ],
    'spec.masking[0].columns: HTTP cannot mask by columns; allowed: detectors',
  ],
}

function provider(name: string, audiences: string): string {
  return `apiVersion: sallyport.dev/v1alpha1
kind: IdentityProvider
metadata: {name: ${name}}
spec: {issuer: "https://login.example.com", audiences: [${audiences}]}
`
}

describe('check finds', () => eachFinds(FOUND))
