// The demo's database: small, and with things in it that an agent should not see.

export const DATABASE = 'orders'

export function sampleData(user: string, password: string): string {
  return `
    create role ${user} login password '${password}';
    create table customers (
      id int primary key, name text not null, email text not null, ssn text not null, card text not null, city text not null);
    insert into customers values
      (1, 'Ada Meier', 'ada.meier@example.com', '536-22-8714', '4111 1111 1111 1111', 'Zürich'),
      (2, 'Bruno Keller', 'bruno@example.org', '212-09-5548', '5500 0000 0000 0004', 'Bern'),
      (3, 'Chiara Rossi', 'chiara.rossi@example.net', '401-77-1290', '3400 0000 0000 009', 'Lugano');
    create table orders (id int primary key, customer_id int not null references customers, amount numeric(10, 2) not null, state text not null);
    insert into orders select n, n % 3 + 1, (n * 7.25)::numeric(10, 2), case when n % 4 = 0 then 'open' else 'paid' end from generate_series(1, 2000) n;
    create view customer_overview as
      select c.name, c.email as contact, c.ssn as reference, count(o.id)::int as orders from customers c left join orders o on o.customer_id = c.id group by c.id;
    grant select, insert, update, delete, truncate on all tables in schema public to ${user};
  `
}

/** What must never reach the agent, nor any file that the gateway writes. */
export const SECRETS: readonly string[] = [
  '536-22-8714',
  '212-09-5548',
  '401-77-1290',
  'ada.meier@example.com',
  'bruno@example.org',
  'chiara.rossi@example.net',
  '4111 1111 1111 1111',
  '5500 0000 0000 0004',
  '3400 0000 0000 009',
]
