//! tokio-postgres: binary everywhere, pipelined on one connection, type look-ups of its own. One JSON line a step.
use bytes::Bytes;
use futures_util::{future::join_all, stream, SinkExt, StreamExt, TryStreamExt};
use serde_json::{json, Value};
use std::time::Duration;
use tokio_postgres::{types::Type, AsyncMessage, Client, Error, NoTls, Row, SimpleQueryMessage};

fn words(e: &Error) -> Value {
    match e.as_db_error() {
        Some(d) => json!([d.code().code(), d.severity(), d.message(), d.detail(), d.constraint(), format!("{:?}", d.position())]),
        None => json!(e.to_string()),
    }
}

fn step(name: &str, outcome: Result<Value, Error>) {
    match outcome {
        Ok(value) => println!("{}", json!({"step": name, "value": value})),
        Err(error) => println!("{}", json!({"step": name, "error": words(&error)})),
    }
}

fn labels(rows: &[Row]) -> Value {
    json!(rows.iter().map(|r| json!([r.get::<_, i32>(0), r.get::<_, Option<String>>(1)])).collect::<Vec<_>>())
}

async fn simple(c: &Client, sql: &str) -> Result<Value, Error> {
    let all = c.simple_query(sql).await?;
    Ok(json!(all.iter().map(|m| match m {
        SimpleQueryMessage::Row(r) => json!((0..r.len()).map(|i| r.get(i)).collect::<Vec<_>>()),
        SimpleQueryMessage::CommandComplete(n) => json!(n),
        SimpleQueryMessage::RowDescription(d) => json!(d.iter().map(|c| c.name()).collect::<Vec<_>>()),
        _ => json!("other"),
    }).collect::<Vec<_>>()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let var = |n: &str| std::env::var(n).expect("libpq's variables must be set");
    let (mut c, mut connection) = tokio_postgres::Config::new()
        .host(var("PGHOST")).port(var("PGPORT").parse().expect("a port")).user(var("PGUSER")).password(var("PGPASSWORD")).dbname(var("PGDATABASE"))
        .connect(NoTls).await.expect("connects");
    let (heard, mut hear) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut messages = stream::poll_fn(move |cx| connection.poll_message(cx));
        while let Some(Ok(message)) = messages.next().await {
            let _ = heard.send(match message {
                AsyncMessage::Notice(n) => json!([n.severity(), n.message()]),
                AsyncMessage::Notification(n) => json!([n.channel(), n.payload()]),
                _ => json!("other"),
            });
        }
    });
    step("connect, simple query", simple(&c, "select current_user, 1").await);
    step("every type, text", simple(&c, "select * from kinds order by id").await);
    step("binary types", async {
        let rows = c.query("select id, small, big, single, double, flag, word, bytes, document, binary_document, ints, words from kinds order by id", &[]).await?;
        Ok(json!(rows.iter().map(|r| json!([r.get::<_, i32>(0), r.get::<_, Option<i16>>(1), r.get::<_, Option<i64>>(2), format!("{:?}", r.get::<_, Option<f32>>(3)), format!("{:?}", r.get::<_, Option<f64>>(4)),
            r.get::<_, Option<bool>>(5), r.get::<_, Option<String>>(6), r.get::<_, Option<Vec<u8>>>(7), r.get::<_, Option<Value>>(8), r.get::<_, Option<Value>>(9),
            r.get::<_, Option<Vec<Option<i32>>>>(10), r.get::<_, Option<Vec<Option<String>>>>(11)])).collect::<Vec<_>>()))
    }.await);
    step("types it must look up", async {
        let s = c.prepare("select feeling, home, money_like, span_of from kinds").await?;
        Ok(json!(s.columns().iter().map(|c| format!("{:?}", c.type_().kind())).collect::<Vec<_>>()))
    }.await);
    step("parameters", async {
        let row = c.query_one("select $1::int8, $2::text, $3::bytea, $4::text", &[&42i64, &"Zürich 🎉", &&[0u8, 255][..], &None::<String>]).await?;
        Ok(json!([row.get::<_, i64>(0), row.get::<_, String>(1), row.get::<_, Vec<u8>>(2), row.get::<_, Option<String>>(3)]))
    }.await);
    step("prepared, pipelined", async {
        let s = c.prepare_typed("select n, label from numbers where n = $1", &[Type::INT4]).await?;
        let all = join_all((1..=50i32).map(|n| { let (c, s) = (&c, &s); async move { c.query(s, &[&n]).await.map(|r| labels(&r)) } })).await;
        all.into_iter().collect::<Result<Vec<_>, _>>().map(|v| json!(v))
    }.await);
    step("pipelined with errors", async {
        let all = join_all((0..6i32).map(|n| { let c = &c; async move { c.query_one("select 12 / $1::int4", &[&(n % 3)]).await } })).await;
        Ok(json!(all.iter().map(|r| match r { Ok(row) => json!(row.get::<_, i32>(0)), Err(e) => words(e) }).collect::<Vec<_>>()))
    }.await);
    step("transaction and savepoint", async {
        let mut tx = c.transaction().await?;
        tx.execute("insert into sink values (1, 'kept')", &[]).await?;
        let inner = tx.savepoint("s").await?;
        let error = inner.execute("select 1/0", &[]).await.err().map(|e| words(&e));
        inner.rollback().await?;
        tx.commit().await?;
        Ok(json!([error, labels(&c.query("select id, label from sink", &[]).await?)]))
    }.await);
    step("transaction dropped without commit", async {
        { let tx = c.transaction().await?; tx.execute("insert into sink values (2, 'gone')", &[]).await?; }
        Ok(labels(&c.query("select id, label from sink", &[]).await?))
    }.await);
    step("row-limited portal", async {
        let tx = c.transaction().await?;
        let portal = tx.bind("select n, label from numbers order by n", &[]).await?;
        let mut sizes = vec![];
        loop { let page = tx.query_portal(&portal, 300).await?; if page.is_empty() { break; } sizes.push(page.len()); }
        tx.rollback().await?;
        Ok(json!(sizes))
    }.await);
    step("copy in and out", async {
        let sink = c.copy_in("copy sink (id, label) from stdin").await?;
        futures_util::pin_mut!(sink);
        sink.send(Bytes::from_static(b"100\tcopied\n")).await?;
        sink.send(Bytes::from_static(b"101\t\\N\n")).await?;
        let count = sink.finish().await?;
        let parts: Vec<Bytes> = c.copy_out("copy (select id, label from sink order by id) to stdout (format csv)").await?.try_collect().await?;
        Ok(json!([count, String::from_utf8_lossy(&parts.concat())]))
    }.await);
    step("several statements, an error rolls all back", async {
        let error = c.batch_execute("insert into sink values (3); select 1/0").await.err().map(|e| words(&e));
        Ok(json!([error, simple(&c, "select 1; select 2 where false; update sink set note = 'x' where id = 1").await?, labels(&c.query("select id, label from sink", &[]).await?)]))
    }.await);
    step("notices and notifications", async {
        c.batch_execute("select shout('psst')").await?;
        c.batch_execute("listen news; notify news, 'extra'").await?;
        Ok(json!([hear.recv().await, hear.recv().await]))
    }.await);
    step("cancel", async {
        let token = c.cancel_token();
        let canceller = tokio::spawn(async move { tokio::time::sleep(Duration::from_millis(300)).await; token.cancel_query(NoTls).await });
        let error = c.batch_execute("select pg_sleep(20)").await.err().map(|e| words(&e));
        let _ = canceller.await;
        Ok(json!([error, simple(&c, "select 1").await?]))
    }.await);
    step("large value", async {
        let data = vec![0xfeu8; 10 << 20];
        Ok(json!(c.query_one("select $1::bytea", &[&data]).await?.get::<_, Vec<u8>>(0) == data))
    }.await);
}
