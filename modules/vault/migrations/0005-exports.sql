-- Exports of records in one table. `key` names a key of the key file: it seals `book` and marks each copy.
create table vault.export_dataset (
  category text primary key check (category ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  key text not null unique check (key ~ '^[0-9a-f]{32}$'),
  releases int not null default 0 check (releases >= 0),
  -- Who is in which set by all exports so far: keyed digests, sealed. Nothing before the first.
  book bytea
);
-- `draft` and `manifest`: JSON. `marks`: keyed digests of its rows of nobody. `file`: encrypted to the recipient, while the city has it.
create table vault.export (
  id text primary key,
  category text not null,
  draft text not null,
  state text not null check (state in ('asked', 'released', 'refused', 'withdrawn')),
  asked_at bigint not null,
  asked_by text not null,
  decided_at bigint,
  decided_by text,
  decided_why text,
  manifest text,
  marks text,
  file bytea,
  bytes int check (bytes >= 1),
  fetched_at bigint,
  check ((state = 'asked') = (decided_at is null)),
  check ((decided_at is null) = (decided_by is null)),
  check (decided_by is null or state <> 'released' or decided_by <> asked_by),
  check ((state in ('released', 'withdrawn')) = (manifest is not null)),
  check (file is null or state = 'released')
);
create index export_by_category on vault.export (category, asked_at desc);
