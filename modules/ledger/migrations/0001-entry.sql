-- An index over the log's files for look-ups; always behind or equal to them, and made again from them when lost.
create table ledger.entry (
  index bigint primary key check (index >= 0),
  fact_id text not null unique check (fact_id <> ''),
  module text not null,
  type text not null,
  actor text not null,
  subject text not null,
  at bigint not null check (at >= 0),
  personal boolean not null,
  mentions text[] not null
);
create index on ledger.entry (type, index);
create index on ledger.entry (subject, index);
create index on ledger.entry using gin (mentions);

-- The newest checkpoint that the index was filled under: files that do not extend it are not this ledger.
create table ledger.seen (
  one boolean primary key default true check (one),
  size bigint not null check (size >= 0),
  root text not null
);
