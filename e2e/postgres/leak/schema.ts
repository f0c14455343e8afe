// The schema with planted secrets. Every relation in RELATIONS has the same columns, however it comes by them.
import { GENERATED, PLANTED, ROWS } from './secrets.ts'

export const PLAIN = ['id', 'plain', 'plain_int', 'plain_json', 'plain_bytes', 'plain_array']

/** Relations to read from. `vault.*` is protected by name; the others only through what they stand on. */
export const RELATIONS = [
  'vault',
  'vault_view',
  'vault_nested',
  'vault_renamed',
  'vault_mat',
  'ancestor',
  'descendant',
  'sliced',
  'sliced_low',
]

/** What the masking rules name. The views, the partitions and the inheritance children are left for the gateway to find. */
export const PROTECTED_TABLES = ['vault', 'ancestor', 'sliced']

export function schemaScript(): string {
  const secrets = PLANTED.map(({ column, type }) => `${column} ${type}`).join(', ')
  const columns = `id int, plain text, plain_int int, plain_json jsonb, plain_bytes bytea, plain_array int[], ${secrets}`
  const names = [...PLAIN, ...PLANTED.map(({ column }) => column)].join(', ')
  const values = Array.from({ length: ROWS }, (_, row) => {
    const plain = `${row}, 'plain ${row} ü🎉', ${row * 1000}, '{"row": ${row}}', '\\x00ff0${row}', array[${row}, null, 3]`
    return `(${plain}, ${PLANTED.map((planted) => planted.literal(row)).join(', ')})`
  }).join(',\n')
  const generated = `${GENERATED} text generated always as (reverse(s_text)) stored`
  const everything = [...PLAIN, ...PLANTED.map(({ column }) => column), GENERATED]
  const renamed = everything.map((name) => `v.${name} as ${name}`).join(', ')
  return `
    create type secret_pair as (a text, b int);
    create domain secret_text as text check (value <> '');
    create table vault (${columns}, ${generated}, primary key (id));
    create table ancestor (${columns}, ${generated});
    create table descendant () inherits (ancestor);
    create table sliced (${columns}, ${generated}) partition by range (id);
    create table sliced_low partition of sliced for values from (0) to (100);
    insert into vault (${names}) values ${values};
    insert into descendant (${names}) values ${values};
    insert into sliced (${names}) values ${values};
    create view vault_view as select * from vault;
    create view vault_renamed as with c as (select * from vault_view) select ${renamed} from c v;
    create view vault_nested as select * from vault_renamed where id >= 0 union all select * from vault_view where id < 0;
    create materialized view vault_mat as select * from vault;
    create table scratch (id int, note text);
    create table other (id int primary key, word text);
    insert into other select n, 'word ' || n from generate_series(0, 9) n;
    create function shipped(t vault) returns text language sql stable as 'select t.s_text';
    create function opaque_secret() returns setof text language sql stable as 'select s_text from vault';
  `
}
