\pset null '(null)'
select current_user, 1;
select * from kinds order by id;
\x on
select * from kinds order by id;
\x off
\d
\d kinds
\d child
\d+ overview
\df
\dT
\dn
\di
\sf shout
\dt *.*num*
\echo --- errors and recovery
select no_such_column;
insert into sink values (1, 'one');
insert into sink values (1, 'two');
select 'abc'::int;
selec 1;
begin;
select 1/0;
select 1;
rollback;
begin;
savepoint s;
select 1/0;
rollback to s;
insert into sink values (2, 'kept');
commit;
\echo --- several statements in one message
select 1 \; select 2 \; select 3;
insert into sink values (3, 'gone') \; select 1/0;
begin \; insert into sink values (4, 'gone too') \; rollback \; select count(*) from sink;
select * from sink order by id;
\echo --- copy
\copy sink (id, label) from pstdin
100	copied
101	\N
\.
copy sink (id, label) from stdin (format csv);
102,"quoted, text"
\.
copy (select * from sink order by id) to stdout;
copy (select * from sink order by id) to stdout (format csv, header);
copy sink (id) from stdin;
oops
\.
\echo --- cursors, prepared statements, notices, notifications
begin;
declare c cursor for select n from numbers order by n;
fetch 3 from c;
move 100 in c;
fetch 2 from c;
close c;
commit;
prepare p (int) as select label from numbers where n = $1;
execute p (5);
deallocate p;
select shout('psst');
do $$ begin raise warning 'from a block'; end $$;
\set FETCH_COUNT 100
select count(*), sum(n) from numbers;
select n from numbers where n <= 250 order by n;
\unset FETCH_COUNT
select $1::int + $2::int as sum \bind 1 2 \g
explain (costs off) select * from parent join child on child.parent_id = parent.id;
\gdesc
select 1 as a, 'x'::text as b \gdesc
select 'select 1 as generated' \gexec
\timing off
show standard_conforming_strings;
set client_min_messages = debug1;
reset client_min_messages;
set timezone = 'Asia/Tokyo';
select timestamptz '2024-01-01 00:00+00';
reset all;
set client_encoding = 'UTF8';
show client_encoding;
\encoding
discard all;
\lo_list
