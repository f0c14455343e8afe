// A setting that a bound parameter names is read as if its name were written, where the server is sure to see that name.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withBound } from './bound-settings.ts'
import type { Statement } from './statement.ts'
import { SHOP } from './testing/shop.ts'
import { understand } from './understand.ts'

const HARMLESS: Readonly<Record<string, string>> = {
  'a parameter alone': 'select current_setting($1)',
  'as a driver types it': "select current_setting($1::varchar), current_setting($1::text, true), 'x' = $2",
  'beside a name that is written': "select current_setting('TimeZone'), current_setting($1)",
  'among the structure that an ORM reads':
    'select relname, amname != current_setting($1::varchar) from pg_catalog.pg_class join pg_catalog.pg_am on pg_am.oid = relam',
}

const NEVER: Readonly<Record<string, string>> = {
  'a cast that cuts it': 'select current_setting($1::varchar(3))',
  'a cast that strips blanks': 'select current_setting($1::bpchar)',
  'an encoding': 'select current_setting($1::bytea::text)',
  'the name of a table that a number stands for': 'select current_setting($1::regclass::text)',
  'a parameter that another place makes of another type': 'select $1::bpchar, current_setting($1)',
  'the same in a subquery': 'select current_setting($1) where exists (select from orders where note = $1)',
  'a name out of a table beside it': 'select current_setting($1), current_setting(city) from customers',
  'an expression': "select current_setting($1 || '')",
  'a name that is only declared': 'declare c cursor for select current_setting($1)',
  'a setting that is given a value': "select set_config($1, 'x', false)",
}

const SECRETS = ['archive_command', 'PRIMARY_CONNINFO', 'app.jwt_secret']

describe('settings that parameters name', () => {
  for (const [sentence, text] of Object.entries(HARMLESS)) {
    test(`${sentence}: no secret is Session, a secret is Admin`, async () => {
      const statement = await only(text)
      assert.equal(effectOf(statement), 'Admin')
      assert.equal(effectOf(withBound(statement, () => 'default_table_access_method')), 'Session')
      assert.equal(effectOf(withBound(statement, () => null)), 'Session')
      assert.equal(effectOf(withBound(statement, () => undefined)), 'Admin')
      for (const secret of SECRETS) assert.equal(effectOf(withBound(statement, () => secret)), 'Admin')
    })
  }

  for (const [sentence, text] of Object.entries(NEVER)) {
    test(`${sentence} stays Admin, whatever is bound`, async () => {
      const statement = await only(text)
      assert.equal(effectOf(withBound(statement, () => 'timezone')), 'Admin')
    })
  }

  test('each of several parameters counts', async () => {
    const statement = await only('select current_setting($1), current_setting($3), $2::int')
    const bound = (secret: number) => withBound(statement, (parameter) => (parameter === secret ? 'app.key' : 'jit'))
    assert.deepEqual([1, 2, 3].map(bound).map(effectOf), ['Admin', 'Session', 'Admin'])
  })

  test('what else the statement does stays', async () => {
    const bound = withBound(await only('delete from orders where note = current_setting($1)'), () => 'timezone')
    assert.deepEqual(
      bound.shape.parts.map(({ verb, object }) => [verb, object?.name]),
      [['delete', 'public.orders']],
    )
  })
})

async function only(text: string): Promise<Statement> {
  const understood = await understand(text, SHOP)
  assert.ok(understood.ok, text)
  const [statement] = understood.statements
  assert.ok(statement)
  return statement
}

function effectOf({ shape }: Statement): string {
  return shape.effect
}
