-- The copy register: where content lies, for whom and how long. A row is there before the bytes are.
create table vault.copy (
  id text primary key,
  kind text not null,
  -- Where the bytes lie, as its keeper finds them, e.g. `object:<sha-256>`.
  place text not null,
  custodian text not null,
  basis text not null,
  -- `versions`: those in vault.copy_item. `live`: whatever the vault holds at the moment. `snapshot`: what it held at `created`.
  scope text not null check (scope in ('versions', 'live', 'snapshot')),
  -- `own`: the keys of the versions. Else the ids of the keys that open it.
  opened_by text not null,
  bytes bigint check (bytes >= 0),
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  created bigint not null,
  expires bigint,
  closed_at bigint,
  closed_why text,
  verified_at bigint,
  verified text check (verified in ('held', 'gone', 'unknown')),
  check ((closed_at is null) = (closed_why is null)),
  check ((verified_at is null) = (verified is null))
);
create index copy_open on vault.copy (kind, created) where closed_at is null;
create index copy_place on vault.copy (place);

-- What a copy holds of which version of which record, and what became of it. `outcome` is null while nobody asked for its end.
create table vault.copy_item (
  copy text not null references vault.copy (id),
  record text not null,
  version int not null check (version >= 1),
  outcome text check (outcome in ('purged', 'unreadable', 'asked', 'pending', 'beyond')),
  outcome_at bigint,
  why text,
  primary key (record, version, copy),
  check ((outcome is null) = (outcome_at is null))
);
create index copy_item_unsettled on vault.copy_item (copy) where outcome is null or outcome in ('asked', 'pending');

-- What is there already; the register adds the other standing rows when it opens.
insert into vault.copy (id, kind, place, custodian, basis, scope, opened_by, created)
values ('cpy-primary', 'primary', 'sql:vault.version.content', 'city', 'the record itself', 'versions', 'own',
  (extract(epoch from now()) * 1000)::bigint);
insert into vault.copy_item (copy, record, version)
select 'cpy-primary', record, version from vault.version where content is not null;
