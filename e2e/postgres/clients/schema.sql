-- What every client finds: the same tables, direct and through the gateway.
create type mood as enum ('sad', 'ok', 'happy');
create type address as (street text, number int);
create domain positive as int check (value > 0);
create table kinds (
  id int primary key,
  small smallint, big bigint, amount numeric(30, 10), single real, double double precision,
  flag boolean, word text, padded char(8), limited varchar(20), bytes bytea,
  day date, clock time, moment timestamp, instant timestamptz, span interval,
  uid uuid, document json, binary_document jsonb, ints int[], words text[], matrix int[][],
  feeling mood, home address, net inet, bitmap bit(5), span_of int4range, money_like positive
);
insert into kinds values
  (1, 7, 9007199254740993, 12345678901234567890.0123456789, 1.5, 2.718281828459045, true, 'plain', 'pad', 'limited', '\x00ff10',
   '2024-02-29', '23:59:58.123456', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789+00', '1 year 2 mons 3 days 04:05:06',
   '00112233-4455-6677-8899-aabbccddeeff', '{"a": [1, 2, {"b": null}]}', '{"a": [1, 2, {"b": null}]}', '{1,2,NULL}', '{a,"b c",NULL,"q\"q"}', '{{1,2},{3,4}}',
   'happy', '("Main St",5)', '10.0.0.1/8', '10101', '[1,5)', 3),
  (2, -7, -1, 'NaN', 'Infinity', '-Infinity', false, E'Zürich 東京 🎉 \t\n''"\\', '', '', '\x',
   'infinity', '00:00', '-infinity', 'infinity', '-1 day', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '[]', '{}', '{}', '{}', '{}',
   'sad', '(,)', '::1', '00000', 'empty', 1),
  (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
create table numbers as select n, 'row ' || n as label from generate_series(1, 1000) n;
create table sink (id int primary key, label text, note text);
create table parent (id serial primary key, name text not null unique);
create table child (id int generated always as identity primary key, parent_id int not null references parent, amount numeric default 1.5);
create index child_amount on child (amount);
create view overview as select parent.name, count(child.id) as children from parent left join child on child.parent_id = parent.id group by parent.name;
comment on table parent is 'has children';
create function shout(words text) returns void language plpgsql as $$ begin raise notice 'shout: %', words using detail = 'loud', hint = 'quieter'; end $$;
create procedure add_child(n int) language sql as $$ insert into parent (name) values ('child ' || n) $$;
