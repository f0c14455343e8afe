-- The database that the tables of statements in this folder speak about; shop.catalog.json is its catalog.
create table customers (id int primary key, name text, ssn text, email text, phone text, city text, balance numeric,
  born date, notes jsonb, tags text[]);
create table orders (id int primary key, customer_id int references customers, total numeric, placed timestamptz, note text);
create table items (order_id int references orders, product text, quantity int, price numeric);
create table archive (id int, name text, ssn text);
create table log (at timestamptz default now(), line text);
create type address as (street text, city text);
create table people (id int, home address, secret text, secret_upper text generated always as (upper(secret)) stored,
  secret_length int generated always as (length(secret)) stored);
create view v_customers as select id, name, ssn as tax_number, city from customers;
create view v_nested as select v.id, v.tax_number as number, o.total from v_customers v join orders o on o.customer_id = v.id;
create view v_derived as select id, upper(ssn) as shouted, count(*) over () as n from customers;
create view v_star as select * from customers;
create materialized view m_customers as select id, ssn from customers;
create table events (id bigint, at timestamptz not null, who text) partition by range (at);
create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
create table events_old partition of events for values from ('2000-01-01') to ('2026-01-01');
create table vip (discount int) inherits (customers);
create function opaque(text) returns text language sql as 'select $1';
create function opaque_table(int) returns table (a int, b text) language sql as 'select 1, ''x''';
create function upper(varchar) returns text language sql as 'select $1::text';
create procedure tidy(int) language sql as '';
create domain email_address as text check (opaque(value) <> '');
create type mood as enum ('sad', 'ok');
create function mood_is(mood, mood) returns boolean language sql as 'select true';
create operator === (leftarg = mood, rightarg = mood, function = mood_is);
create function text_is(text, text) returns boolean language sql as 'select true';
create operator #=# (leftarg = text, rightarg = text, function = text_is);
create aggregate collect(text) (sfunc = textcat, stype = text);
create schema private;
create table private.keys (id int, key text);
create table private.orders (id int, hidden text);
create schema other;
create table other.customers (id int, ssn text);
create sequence order_numbers;
create function audit() returns trigger language plpgsql as 'begin return new; end';
create trigger audited before update on orders for each row execute function audit();
create table "Odd Name" ("The.Column" int, "SSN" text);
create table accounts (id int primary key, code text unique);
create table entries (id int primary key, account int references accounts on delete cascade on update cascade,
  code text references accounts (code) on delete set null on update cascade);
create table entry_notes (entry int references entries on delete cascade, note text);
create table audited (id int, line text);
create view masked_view as select id, line as hidden from audited;
