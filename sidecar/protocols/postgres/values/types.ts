// The published table: for every kind of type and every strategy, what the agent gets. docs/masking.md is generated
// from here. A strategy that has no entry gives NULL: no value is better than a value of the wrong type.
import { bits, bytea } from './bytes.ts'
import { float, numeric } from './decimals.ts'
import { constant, type Entries } from './entry.ts'
import { cidr, inet, macaddr, macaddr8, uuid } from './identifiers.ts'
import { integer } from './integers.ts'
import { json, jsonb } from './json.ts'
import type { Kind } from './kinds.ts'
import { text, xml } from './text.ts'
import { date, interval, time, timestamp, timestamptz, timetz } from './times.ts'

/** Arrays are made from their element's entries by arrays.ts. */
export const TYPES: Readonly<Record<Exclude<Kind, 'array'>, Entries>> = {
  text,
  xml,
  json,
  jsonb,
  bool: { Redact: constant('false', 'f', Buffer.alloc(1)) },
  int2: integer(2),
  int4: integer(4),
  int8: integer(8),
  oid: { Redact: constant('0', '0', Buffer.alloc(4)) },
  numeric,
  float4: float(4),
  float8: float(8),
  date,
  time,
  timetz,
  timestamp,
  timestamptz,
  interval,
  uuid,
  bytea,
  bits,
  inet,
  cidr,
  macaddr,
  macaddr8,
  // No lexemes: a count of zero.
  tsvector: { Redact: constant('no lexemes', '', Buffer.alloc(4)) },
  // No pairs: a count of zero (contrib/hstore/hstore_io.c, hstore_send).
  hstore: { Redact: constant('no pairs', '', Buffer.alloc(4)) },
  // RANGE_EMPTY is flag 0x01 (src/include/utils/rangetypes.h).
  range: { Redact: constant('`empty`', 'empty', Buffer.from([1])) },
  multirange: { Redact: constant('no ranges', '{}', Buffer.alloc(4)) },
  // Another label would be a lie that the client cannot tell from the truth; a made-up one is refused by typed clients.
  enum: {},
  composite: {},
  other: {},
}

/** What the published table calls each kind. */
export const TITLES: Readonly<Record<Kind, string>> = {
  text: 'text, varchar, char(n), name, citext, refcursor',
  xml: 'xml',
  json: 'json',
  jsonb: 'jsonb',
  bool: 'boolean',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  oid: 'oid',
  numeric: 'numeric',
  float4: 'real',
  float8: 'double precision',
  date: 'date',
  time: 'time',
  timetz: 'time with time zone',
  timestamp: 'timestamp',
  timestamptz: 'timestamp with time zone',
  interval: 'interval',
  uuid: 'uuid',
  bytea: 'bytea',
  bits: 'bit, bit varying',
  inet: 'inet',
  cidr: 'cidr',
  macaddr: 'macaddr',
  macaddr8: 'macaddr8',
  tsvector: 'tsvector',
  hstore: 'hstore',
  range: 'ranges',
  multirange: 'multiranges',
  array: 'arrays',
  enum: 'enums',
  composite: 'composites, records',
  other: 'every other type (money, "char", geometry, pg_lsn, reg*, jsonpath, tsquery, other extensions …)',
}
