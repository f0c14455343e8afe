"""psycopg 3: text and binary, pipeline mode, server-side cursors, COPY, notifications. One JSON line a step."""
import datetime, decimal, json, threading, time
import logging
import psycopg
from psycopg.types.json import Jsonb


def words(error):
    d = getattr(error, "diag", None)
    return {"class": type(error).__name__, "sqlstate": getattr(error, "sqlstate", None), "message": d.message_primary if d else str(error),
            "detail": d.message_detail if d else None, "constraint": d.constraint_name if d else None, "position": d.statement_position if d else None}


def step(name):
    def run(function):
        try:
            outcome = {"step": name, "value": function()}
        except Exception as error:  # the error is the result
            outcome = {"step": name, "error": words(error)}
        print(json.dumps(outcome, default=repr), flush=True)
    return run


def failure(function):
    try:
        function()
        return "no error"
    except psycopg.Error as error:
        return words(error)


conn = psycopg.connect("", autocommit=True)
notices = []
conn.add_notice_handler(lambda d: notices.append([d.severity, d.message_primary, d.message_detail, d.message_hint]))


logging.getLogger("psycopg").setLevel(logging.CRITICAL)


@step("connect")
def _():
    return conn.execute("select current_user, 1").fetchall()


@step("server parameters")
def _():
    names = ["client_encoding", "server_encoding", "DateStyle", "TimeZone", "standard_conforming_strings", "integer_datetimes", "server_version", "is_superuser", "in_hot_standby"]
    return {n: conn.info.parameter_status(n) for n in names}


for binary in (False, True):
    @step(f"types, binary={binary}")
    def _():
        columns = "id, small, big, amount, single, double, flag, word, padded, limited, bytes, clock, span, uid, document, binary_document, ints, words, matrix, feeling::text, net"
        return conn.cursor(binary=binary).execute(f"select {columns} from kinds where id <> 99 order by id").fetchall()

    @step(f"parameters, binary={binary}")
    def _():
        mark = "%b" if binary else "%t"
        cur = conn.cursor(binary=binary)
        return cur.execute(f"select {mark}::int8, {mark}::text, {mark}::bytea, {mark}::numeric, {mark}::date, {mark}::jsonb, {mark}::int[], {mark}::text",
                           [42, "Zürich 🎉", b"\x00\xff", decimal.Decimal("1.50"), datetime.date(2024, 2, 29), Jsonb({"a": [None]}), [1, 2], None]).fetchall()


@step("prepared automatically after five uses")
def _():
    return [conn.execute("select label from numbers where n = %s", [n], prepare=n > 2).fetchone() for n in range(1, 9)]


@step("pipeline")
def _():
    with conn.pipeline():
        cursors = [conn.execute("select %s::int * 2", [n]) for n in range(20)]
        return [c.fetchone() for c in cursors]


@step("pipeline with an error inside")
def _():
    # Which result it is that raises, and what psycopg logs about it, depends on when it happens to read.
    answers = []
    try:
        with conn.pipeline():
            conn.execute("select 1/0")
            conn.execute("insert into sink values (50, 'skipped')")
    except psycopg.Error as error:
        answers.append(type(error).__name__ in ("DivisionByZero", "PipelineAborted"))
    answers.append(conn.execute("select count(*) from sink where id = 50").fetchone())
    return answers


@step("transactions and savepoints")
def _():
    with conn.transaction():
        conn.execute("insert into sink values (1, 'outer')")
        def inner():
            with conn.transaction():
                conn.execute("insert into sink values (2, 'inner')")
                conn.execute("select 1/0")
        error = failure(inner)
    return [error, conn.execute("select id from sink order by id").fetchall(), conn.info.transaction_status.name]


@step("several statements")
def _():
    cur = conn.execute("select 1; select 2, 'b'; update sink set note = 'x' where id = 1")
    answers = []
    while True:
        answers.append([cur.statusmessage, cur.fetchall() if cur.description else None])
        if not cur.nextset():
            return answers


@step("server-side cursor")
def _():
    with conn.transaction(), conn.cursor(name="walk", scrollable=True) as cur:
        cur.itersize = 100
        cur.execute("select n from numbers order by n")
        first = cur.fetchmany(3)
        cur.scroll(500, mode="absolute")
        return [first, cur.fetchmany(2), len(cur.fetchall())]


@step("rows streamed one by one")
def _():
    return sum(1 for _ in conn.cursor().stream("select n from numbers"))


@step("copy in text, rows")
def _():
    with conn.cursor().copy("copy sink (id, label) from stdin") as copy:
        for n in range(100, 1100):
            copy.write_row((n, f"copied {n} \t\n\\" if n % 3 else None))
    return conn.execute("select count(*), count(label), md5(string_agg(label, ',' order by id)) from sink where id >= 100").fetchone()


@step("copy in that fails")
def _():
    def fail():
        with conn.cursor().copy("copy sink (id) from stdin") as copy:
            copy.write("not a number\n")
    return [failure(fail), conn.execute("select 1").fetchone()]


@step("copy in that the client gives up")
def _():
    class Stop(Exception):
        pass
    try:
        with conn.cursor().copy("copy sink (id) from stdin") as copy:
            copy.write("5000\n")
            raise Stop()
    except Stop:
        pass
    return conn.execute("select count(*) from sink where id = 5000").fetchone()


for options in ("", "(format csv, header)", "(format binary)"):
    @step(f"copy out {options}")
    def _():
        with conn.cursor().copy(f"copy (select id, word, bytes from kinds order by id) to stdout {options}") as copy:
            return b"".join(bytes(part) for part in copy).hex()


@step("copy in binary")
def _():
    with conn.cursor().copy("copy sink (id, label) from stdin (format binary)") as copy:
        copy.set_types(["int4", "text"])
        copy.write_row((7000, "binary"))
    return conn.execute("select * from sink where id = 7000").fetchall()


@step("errors carry their fields")
def _():
    return [failure(lambda: conn.execute(text)) for text in
            ("insert into sink values (1, 'again')", "insert into child (parent_id) values (12345)", "select 'abc'::int", "selec 1", "insert into parent (name) values (null)", "select 0::positive")]


@step("notices")
def _():
    conn.execute("select shout('psst')")
    conn.execute("drop table if exists not_there")
    return notices


@step("listen and notify")
def _():
    conn.execute("listen news")
    conn.execute("notify news, 'extra'")
    return [[n.channel, n.payload] for n in conn.notifies(timeout=10, stop_after=1)]


@step("cancel")
def _():
    timer = threading.Timer(0.3, conn.cancel_safe)
    timer.start()
    error = failure(lambda: conn.execute("select pg_sleep(20)"))
    timer.join()
    return [error, conn.execute("select 1").fetchone()]


@step("statement timeout")
def _():
    conn.execute("set statement_timeout = '100ms'")
    error = failure(lambda: conn.execute("select pg_sleep(20)"))
    conn.execute("reset statement_timeout")
    return error


@step("large values")
def _():
    data = b"\x01\x02\x00\xff" * (10 << 18)
    row = conn.execute("select md5(%b::bytea), %b::bytea", [data, data]).fetchone()
    return [row[0], row[1] == data]


@step("procedure and function with composite")
def _():
    conn.execute("call add_child(4)")
    return conn.execute("select name, (select home from kinds where id = 1)::text, (select (home).number from kinds where id = 1) from parent").fetchall()


@step("driver's own introspection")
def _():
    from psycopg.types import TypeInfo
    from psycopg.types.enum import EnumInfo
    from psycopg.types.composite import CompositeInfo
    return [TypeInfo.fetch(conn, "mood").name, EnumInfo.fetch(conn, "mood").labels, list(CompositeInfo.fetch(conn, "address").field_names)]


@step("changing server parameters")
def _():
    conn.execute("set timezone = 'Asia/Tokyo'")
    conn.execute("set datestyle = 'German'")
    answer = [conn.info.parameter_status("TimeZone"), conn.info.parameter_status("DateStyle")]
    conn.execute("reset all")
    return answer + [conn.info.parameter_status("DateStyle")]


@step("startup options")
def _():
    with psycopg.connect("", options="-c work_mem=5MB -c search_path=public,pg_temp", application_name="probe") as other:
        return other.execute("select current_setting('work_mem'), current_setting('search_path'), current_setting('application_name')").fetchone()


@step("two-phase refusal is the server's")
def _():
    conn.execute("begin")
    error = failure(lambda: conn.execute("prepare transaction 'x'"))
    conn.execute("rollback")
    return error


@step("SQLAlchemy reflects the schema")
def _():
    import sqlalchemy
    from sqlalchemy.pool import NullPool
    engine = sqlalchemy.create_engine("postgresql+psycopg://", poolclass=NullPool)
    inspector = sqlalchemy.inspect(engine)
    return {table: [sorted(str(c["name"]) + ":" + str(c["type"]) for c in inspector.get_columns(table)), inspector.get_pk_constraint(table)["constrained_columns"],
                    [k["referred_table"] for k in inspector.get_foreign_keys(table)], [i["name"] for i in inspector.get_indexes(table)], inspector.get_table_comment(table)]
            for table in sorted(inspector.get_table_names())} | {"views": inspector.get_view_names(), "definition": inspector.get_view_definition("overview")}


@step("end")
def _():
    conn.close()
    return conn.closed
