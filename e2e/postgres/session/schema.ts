// Two schemas with tables of the same names: masked in `guarded` and `public`, open in `free`.

export const SECRET = '987-65-4321'

/** What a lineage that is taken for another would let out: no plain column, so RowDescription does not tell. */
export const LEAK = "select ssn || '' as n from people"

export const SCHEMA = `
  set role app;
  create schema guarded; create schema free;
  create table guarded.people (id int, ssn text); insert into guarded.people values (1, '${SECRET}');
  create table free.people (id int, ssn text); insert into free.people values (1, 'plain-value');
  create view free.harmless as select 'nothing'::text as n;
  create view guarded.leaky as select ssn || '' as n from guarded.people;
  alter role app in database shop set search_path = free;
`
