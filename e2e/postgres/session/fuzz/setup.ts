// What the tests of random sequences have in common: who plays them, on which tables, how many and from which seed.
// SALLYPORT_FUZZ_SECONDS and SALLYPORT_FUZZ_SEED look longer and elsewhere.

export const APP = { user: 'app', password: 'app-password' }
export const TRIES = 60
export const SECONDS = Number(process.env['SALLYPORT_FUZZ_SECONDS'] ?? 0)
export const SEED = Number(process.env['SALLYPORT_FUZZ_SEED'] ?? 1)

/** What the generator's statements name. */
export const SCHEMA = `
  set role ${APP.user};
  create table kept (n int);
  create table named (word text); insert into named values ('public');
  create schema other; create table other.named (word text); insert into other.named values ('other');
`
