-- The lives of this vault: what was given out in one of them counts in no other.
create table vault.incarnation (
  id text primary key,
  begun bigint not null,
  why text not null
);
-- Where these tables stand; compared at each start with what lies outside them.
create table vault.standing (
  one boolean primary key default true check (one),
  incarnation text not null references vault.incarnation (id),
  -- Every fact of the ledger before this entry is in these tables.
  ledger_size bigint not null check (ledger_size >= 0),
  journal_sequence bigint not null check (journal_sequence >= 0),
  -- The gate was not passed yet in this life.
  awaiting boolean not null
);
