-- Records that are not simply in use: restricted, sealed or due. Where they are destroyed, vault.destruction says how far that came.
create table vault.life (
  record text primary key references vault.record (id),
  state text not null check (state in ('restricted', 'sealed', 'due')),
  reason text not null,
  by_whom text not null,
  clause text not null,
  since bigint not null,
  next bigint
);
create index life_next on vault.life (next) where state in ('sealed', 'due');

-- Legal holds. One that somebody asked for holds too, until it lapses.
create table vault.hold (
  id text primary key,
  subject text not null,
  category text,
  record text,
  basis text not null,
  clause text not null,
  state text not null check (state in ('asked', 'set', 'lift-asked', 'lifted', 'lapsed')),
  asked_at bigint not null,
  asked_by text not null,
  set_at bigint,
  set_by text check (set_by <> asked_by),
  lift_asked_at bigint,
  lift_asked_by text,
  lifted_at bigint,
  lifted_by text check (lifted_by <> lift_asked_by),
  changed_at bigint not null
);
create index hold_open on vault.hold (subject) where state in ('asked', 'set', 'lift-asked');

-- What was destroyed together, and how far it came: copies that are left, then looked at by another officer, then certified.
create table vault.destruction (
  id text primary key,
  subject text not null,
  by_whom text not null,
  reason_code text not null,
  clause text not null,
  reason text not null,
  at bigint not null,
  state text not null check (state in ('copies-left', 'to-certify', 'certified')),
  -- Decryptions that were tried with ciphertext kept back for it, right after the keys were gone.
  tried int not null default 0 check (tried >= 0),
  opened int not null default 0 check (opened >= 0),
  -- What became of each copy, as JSON.
  copies text not null default '[]',
  draft text,
  draft_by text,
  draft_at bigint,
  certificate text,
  signature text,
  fact text,
  check ((state = 'certified') = (certificate is not null)),
  check ((certificate is null) = (signature is null))
);
create index destruction_open on vault.destruction (at) where state <> 'certified';

alter table vault.record add column destruction text references vault.destruction (id);
create index record_by_destruction on vault.record (destruction) where destruction is not null;
-- A person whose keys are destroyed has none until something new is stored.
alter table vault.subject alter column key drop not null;
alter table vault.category alter column key drop not null;
