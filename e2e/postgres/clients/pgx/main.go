// pgx: the extended protocol in binary, pipelined batches, COPY, notifications, cancellation. One JSON line a step.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var ctx = context.Background()

func words(err error) any {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return map[string]any{"code": e.Code, "message": e.Message, "detail": e.Detail, "constraint": e.ConstraintName, "table": e.TableName, "position": e.Position}
	}
	return err.Error()
}

func rows(c *pgx.Conn, sql string, args ...any) (any, error) {
	found, err := c.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	all := [][]any{}
	for found.Next() {
		values, err := found.Values()
		if err != nil {
			return nil, err
		}
		for i, v := range values {
			values[i] = fmt.Sprintf("%T %v", v, v)
		}
		all = append(all, values)
	}
	return all, found.Err()
}

func main() {
	config, err := pgx.ParseConfig("")
	if err != nil {
		panic(err)
	}
	var notices []string
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { notices = append(notices, n.Severity+" "+n.Message) }
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		panic(err)
	}
	step := func(name string, run func() (any, error)) {
		value, err := run()
		outcome := map[string]any{"step": name, "value": value}
		if err != nil {
			outcome = map[string]any{"step": name, "error": words(err)}
		}
		line, _ := json.Marshal(outcome)
		fmt.Println(string(line))
	}
	const typed = "select id, small, big, amount::text, single, double, flag, word, padded, limited, bytes, day::text, clock::text, uid::text, document, binary_document, ints, words, feeling::text, net::text from kinds order by id"
	step("connect", func() (any, error) { return rows(c, "select current_user, 1") })
	step("types, binary", func() (any, error) { return rows(c, typed) })
	step("types, simple protocol", func() (any, error) { return rows(c, typed, pgx.QueryExecModeSimpleProtocol) })
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		step("parameters, "+mode.String(), func() (any, error) {
			for range 2 {
				if _, err := rows(c, "select $1::int8 + 1, $2::text, $3::bytea, $4::timestamptz, $5::int4[], $6::jsonb, $7::text", mode, int64(41), "Zürich 🎉", []byte{0, 255}, time.Unix(1e9, 0).UTC(), []int32{1, 2}, `{"a": null}`, nil); err != nil {
					return nil, err
				}
			}
			return rows(c, "select $1::int8 + 1, $2::text, $3::bytea, $4::text", mode, int64(41), "Zürich 🎉", []byte{0, 255}, nil)
		})
	}
	step("batch, pipelined", func() (any, error) {
		batch := &pgx.Batch{}
		for n := range 50 {
			batch.Queue("select label from numbers where n = $1", n+1)
		}
		results := c.SendBatch(ctx, batch)
		defer results.Close()
		var all []string
		for range 50 {
			var label string
			if err := results.QueryRow().Scan(&label); err != nil {
				return nil, err
			}
			all = append(all, label)
		}
		return all, results.Close()
	})
	step("batch with an error", func() (any, error) {
		batch := &pgx.Batch{}
		batch.Queue("insert into sink values (1, 'gone')")
		batch.Queue("select 1/$1::int", 0)
		batch.Queue("select 1")
		err := c.SendBatch(ctx, batch).Close()
		after, _ := rows(c, "select count(*) from sink")
		return []any{words(err), after}, nil
	})
	step("pipeline with two syncs", func() (any, error) {
		p := c.PgConn().StartPipeline(ctx)
		p.SendQueryParams("select 1", nil, nil, nil, nil)
		p.SendPipelineSync()
		p.SendQueryParams("select broken", nil, nil, nil, nil)
		p.SendQueryParams("select 2", nil, nil, nil, nil)
		p.SendPipelineSync()
		p.SendQueryParams("select 3", nil, nil, nil, nil)
		p.SendPipelineSync()
		if err := p.Flush(); err != nil {
			return nil, err
		}
		var seen []string
		for {
			result, err := p.GetResults()
			if err != nil {
				seen = append(seen, fmt.Sprint("error ", words(err)))
				continue
			}
			if result == nil {
				break
			}
			switch r := result.(type) {
			case *pgconn.ResultReader:
				read := r.Read()
				seen = append(seen, fmt.Sprint(read.CommandTag.String(), " ", string(bytes.Join(flat(read.Rows), []byte(","))), " ", words2(read.Err)))
			default:
				seen = append(seen, fmt.Sprintf("%T", r))
			}
		}
		return seen, p.Close()
	})
	step("transactions", func() (any, error) {
		tx, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadWrite})
		if err != nil {
			return nil, err
		}
		if _, err = tx.Exec(ctx, "insert into sink values (2, 'kept')"); err != nil {
			return nil, err
		}
		inner, _ := tx.Begin(ctx)
		_, bad := inner.Exec(ctx, "select 1/0")
		inner.Rollback(ctx)
		if err = tx.Commit(ctx); err != nil {
			return nil, err
		}
		after, err := rows(c, "select id, label from sink")
		return []any{words(bad), after, string(c.PgConn().TxStatus())}, err
	})
	step("copy in", func() (any, error) {
		n, err := c.CopyFrom(ctx, pgx.Identifier{"sink"}, []string{"id", "label"}, pgx.CopyFromSlice(1000, func(i int) ([]any, error) { return []any{1000 + i, fmt.Sprint("row ", i)}, nil }))
		return n, err
	})
	step("copy out", func() (any, error) {
		var out bytes.Buffer
		tag, err := c.PgConn().CopyTo(ctx, &out, "copy (select id, word, bytes from kinds order by id) to stdout (format csv, header)")
		return []any{tag.String(), out.String()}, err
	})
	step("copy in that fails", func() (any, error) {
		_, err := c.PgConn().CopyFrom(ctx, strings.NewReader("oops\n"), "copy sink (id) from stdin")
		after, _ := rows(c, "select 1")
		return []any{words(err), after}, nil
	})
	step("several statements", func() (any, error) {
		results, err := c.PgConn().Exec(ctx, "select 1; update sink set note = 'x' where id = 2; select 2, 3").ReadAll()
		var tags []string
		for _, r := range results {
			tags = append(tags, r.CommandTag.String()+" "+string(bytes.Join(flat(r.Rows), []byte(","))))
		}
		return tags, err
	})
	step("errors", func() (any, error) {
		var all []any
		for _, sql := range []string{"insert into sink values (2)", "select nothing", "selec", "select 'abc'::int"} {
			_, err := c.Exec(ctx, sql)
			all = append(all, words(err))
		}
		return all, nil
	})
	step("notice, listen, notify", func() (any, error) {
		c.Exec(ctx, "select shout('psst')")
		c.Exec(ctx, "listen news")
		c.Exec(ctx, "notify news, 'extra'")
		limited, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		n, err := c.WaitForNotification(limited)
		if err != nil {
			return nil, err
		}
		return []any{notices, n.Channel, n.Payload}, nil
	})
	step("prepare, describe, deallocate", func() (any, error) {
		s, err := c.Prepare(ctx, "mine", "select n, label from numbers where n = $1")
		if err != nil {
			return nil, err
		}
		answer, err := rows(c, "mine", 5)
		c.Deallocate(ctx, "mine")
		return []any{s.ParamOIDs, len(s.Fields), s.Fields[1].Name, answer}, err
	})
	step("cancel request", func() (any, error) {
		time.AfterFunc(300*time.Millisecond, func() { c.PgConn().CancelRequest(ctx) })
		_, err := c.Exec(ctx, "select pg_sleep(20)")
		after, _ := rows(c, "select 1")
		return []any{words(err), after}, nil
	})
	step("large value", func() (any, error) {
		data := bytes.Repeat([]byte{0, 1, 254, 255}, 10<<18)
		var back []byte
		err := c.QueryRow(ctx, "select $1::bytea", data).Scan(&back)
		return bytes.Equal(data, back), err
	})
	step("custom type introspection", func() (any, error) {
		t, err := c.LoadType(ctx, "mood")
		if err != nil {
			return nil, err
		}
		c.TypeMap().RegisterType(t)
		return rows(c, "select feeling from kinds where id = 1")
	})
	step("server parameters", func() (any, error) {
		p := c.PgConn()
		return []string{p.ParameterStatus("client_encoding"), p.ParameterStatus("server_version"), p.ParameterStatus("TimeZone")}, nil
	})
	step("close", func() (any, error) { return nil, c.Close(ctx) })
	os.Stdout.Sync()
}

func words2(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprint(words(err))
}

func flat(table [][][]byte) [][]byte {
	var all [][]byte
	for _, row := range table {
		all = append(all, row...)
	}
	return all
}
