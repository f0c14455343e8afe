// Statements that touch no protected column, and the same beside protected ones: what is not protected may not change.
import { PLAIN, RELATIONS } from './schema.ts'

const columns = PLAIN.join(', ')

/** Only unprotected columns: every byte of the answer must be the server's. */
export const UNPROTECTED: readonly string[] = [
  ...RELATIONS.map((relation) => `select ${columns} from ${relation} order by id`),
  ...RELATIONS.map(
    (relation) =>
      `select plain || '!', plain_int + 1, plain_json -> 'row', upper(plain) from ${relation} t where plain_int >= 0 order by plain`,
  ),
  `select count(*), sum(plain_int), array_agg(plain order by id) from vault`,
  `with t as (select id, plain from vault_nested) select t.plain, o.word from t join other o using (id) order by 1`,
  `select plain, row_number() over (order by id) from sliced order by 1`,
  `select x.* from (select plain_bytes, plain_array from descendant order by id) x`,
  `select word, (select plain from vault v where v.id = o.id) from other o order by o.id`,
  `select 1 as one, null as nothing, 'text' as word, array[1, 2], '{"a": 1}'::jsonb, now() is not null`,
  `select * from other order by id`,
]

/** Protected and unprotected side by side: positions of the unprotected columns in the result. */
export const MIXED: readonly { readonly text: string; readonly plain: readonly number[] }[] = RELATIONS.flatMap(
  (relation) => [
    {
      text: `select id, s_text, plain, s_int, plain_bytes, s_jsonb, plain_array from ${relation} order by id`,
      plain: [0, 2, 4, 6],
    },
    { text: `select * from ${relation} order by id`, plain: [0, 1, 2, 3, 4, 5] },
    { text: `select s_date as harmless, plain_json, s_uuid from ${relation} t order by id`, plain: [1] },
  ],
)
