"""asyncpg: binary everywhere, prepared statements with a cache, COPY, its own type introspection."""
import asyncio, datetime, decimal, io, json, os, uuid
import asyncpg

STEPS = []


def step(name):
    def keep(function):
        STEPS.append((name, function))
    return keep


def words(error):
    names = ("sqlstate", "message", "detail", "hint", "constraint_name", "table_name", "position")
    return {"class": type(error).__name__, "text": str(error), **{n: getattr(error, n, None) for n in names}}


async def failure(awaitable):
    try:
        await awaitable
        return "no error"
    except asyncpg.PostgresError as error:
        return words(error)


def rows(records):
    return [list(r.values()) for r in records]


@step("connect")
async def _(c):
    return [rows(await c.fetch("select current_user, 1")), c.get_settings().server_encoding, list(c.get_server_version())]


@step("every type, binary")
async def _(c):
    return rows(await c.fetch("select * from kinds order by id"))


@step("parameters, binary")
async def _(c):
    return rows(await c.fetch("select $1::int8, $2::text, $3::bytea, $4::numeric, $5::date, $6::jsonb, $7::int[], $8::uuid, $9::timestamptz, $10::interval, $11::mood, $12::address, $13::text",
        42, "Zürich 🎉", b"\x00\xff", decimal.Decimal("1.50"), datetime.date(2024, 2, 29), '{"a": 1}', [1, None], uuid.UUID(int=5),
        datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc), datetime.timedelta(days=1, seconds=2), "happy", ("Main", 3), None))


@step("prepared statement")
async def _(c):
    s = await c.prepare("select n, label from numbers where n = $1")
    return [[(a.name, a.type.name) for a in s.get_attributes()], [p.name for p in s.get_parameters()], [await s.fetchval(n, column=1) for n in (1, 2, 3)], s.get_statusmsg()]


@step("explain of a prepared statement")
async def _(c):
    s = await c.prepare("select 1 from numbers where n = $1")
    return len(await s.explain(1)) > 0


@step("executemany")
async def _(c):
    await c.executemany("insert into sink (id, label) values ($1, $2)", [(n, f"many {n}") for n in range(500)])
    return rows(await c.fetch("select count(*), md5(string_agg(label, ',' order by id)) from sink"))


@step("executemany is atomic")
async def _(c):
    error = await failure(c.executemany("insert into sink (id) values ($1)", [(1000,), (1001,), (1,)]))
    return [error, rows(await c.fetch("select count(*) from sink where id >= 1000"))]


@step("fetchmany returning")
async def _(c):
    return rows(await c.fetchmany("insert into sink (id) values ($1) returning id, label", [(2000,), (2001,)]))


@step("transaction and savepoint")
async def _(c):
    async with c.transaction(isolation="repeatable_read"):
        async def inner():
            async with c.transaction():
                await c.execute("insert into sink values (3000, 'inner')")
                await c.execute("select 1/0")
        error = await failure(inner())
        await c.execute("insert into sink values (3001, 'outer')")
    return [error, rows(await c.fetch("select id from sink where id >= 3000"))]


@step("cursor through row-limited portals")
async def _(c):
    async with c.transaction():
        total = [r["n"] async for r in c.cursor("select n from numbers order by n", prefetch=100)]
        cur = await c.cursor("select n from numbers order by n")
        first = rows(await cur.fetch(5))
        await cur.forward(10)
        return [sum(total), first, rows(await cur.fetch(2)), rows([await cur.fetchrow()])]


@step("copy out, table and query")
async def _(c):
    answers = []
    for options in ({}, {"format": "csv", "header": True}, {"format": "binary"}):
        out = io.BytesIO()
        status = await c.copy_from_query("select id, word, bytes from kinds order by id", output=out, **options)
        answers.append([status, out.getvalue().hex()])
    out = io.BytesIO()
    answers.append([await c.copy_from_table("sink", columns=["id"], output=out), len(out.getvalue())])
    return answers


@step("copy in")
async def _(c):
    a = await c.copy_records_to_table("sink", records=[(n, f"record {n}") for n in range(5000, 6000)], columns=["id", "label"])
    b = await c.copy_to_table("sink", source=io.BytesIO(b"6000,csv\n6001,\n"), columns=["id", "label"], format="csv")
    error = await failure(c.copy_to_table("sink", source=io.BytesIO(b"oops\n"), columns=["id"]))
    return [a, b, error, rows(await c.fetch("select count(*), count(label) from sink where id >= 5000"))]


@step("errors")
async def _(c):
    return [await failure(c.execute(text)) for text in ("select nothing", "insert into sink values (1)", "select 'abc'::int", "insert into child (parent_id) values (9)")]


@step("several statements")
async def _(c):
    return [await c.execute("select 1; select 2; update sink set note = 'x' where id = 1"), await failure(c.execute("update sink set note = 'y' where id = 1; select 1/0")),
            await c.fetchval("select note from sink where id = 1")]


@step("notices and notifications")
async def _(c):
    heard, notices = asyncio.Queue(), []
    c.add_log_listener(lambda _, m: notices.append([m.severity, m.message]))
    await c.add_listener("news", lambda _c, _pid, channel, payload: heard.put_nowait([channel, payload]))
    await c.execute("select shout('psst')")
    await c.execute("notify news, 'extra'")
    message = await asyncio.wait_for(heard.get(), 10)
    await c.reset()
    return [notices, message]


@step("timeout cancels")
async def _(c):
    try:
        await c.execute("select pg_sleep(20)", timeout=0.3)
        return "no timeout"
    except asyncio.TimeoutError:
        return ["timeout", await c.fetchval("select 1")]


@step("large value")
async def _(c):
    data = b"\x00\x01\xfe\xff" * (10 << 18)
    back = await c.fetchval("select $1::bytea", data)
    return back == data


@step("introspection of nested types")
async def _(c):
    await c.execute("create type pair as (a address, b mood[])")
    return repr(await c.fetchval("select row(row('x', 1)::address, '{ok,sad}')::pair"))


@step("a plan that a schema change invalidates")
async def _(c):
    await c.execute("create table changing (a int)")
    await c.execute("insert into changing values (1)")
    before = rows(await c.fetch("select * from changing"))
    await c.execute("alter table changing add b text default 'new'")
    return [before, rows(await c.fetch("select * from changing"))]


async def main():
    connection = await asyncpg.connect(ssl=False)
    for name, function in STEPS:
        try:
            outcome = {"step": name, "value": await function(connection)}
        except Exception as error:  # the error is the result
            outcome = {"step": name, "error": words(error)}
        print(json.dumps(outcome, default=repr), flush=True)
    pool = await asyncpg.create_pool(min_size=2, max_size=2, ssl=False)
    async with pool.acquire() as one, pool.acquire() as two:
        print(json.dumps({"step": "pool", "value": [await one.fetchval("select 1"), await two.fetchval("select 2")]}))
    await pool.close()
    await connection.close()


asyncio.run(main())
