-- Other hardware in the place of a device; one at a time is under way.
create table fleet.replacement (
  id text primary key,
  device text not null,
  state text not null check (state in ('begun', 'waiting', 'done', 'undoing', 'undone')),
  before jsonb not null,
  after jsonb not null,
  certificate text,
  reason text not null,
  by_whom text not null,
  at bigint not null,
  ended bigint,
  check ((state in ('done', 'undone')) = (ended is not null))
);
create unique index replacement_open on fleet.replacement (device) where ended is null;
create index replacement_device on fleet.replacement (device);

create table fleet.retirement (
  device text primary key,
  state text not null check (state in ('wiping', 'closing', 'closed')),
  change text,
  wiped text check (wiped in ('proven', 'unproven')),
  why text not null,
  reason text not null,
  by_whom text not null,
  at bigint not null,
  closed bigint,
  hash text check (length(hash) = 64),
  -- Exactly what the city signed, and its detached CMS signature, DER, base64.
  certificate text check (length(certificate) <= 65536),
  signature text check (length(signature) <= 16384),
  check ((state = 'wiping') = (wiped is null)),
  check ((state = 'closed') = (closed is not null)),
  check ((state = 'closed') = (hash is not null)),
  check (wiped <> 'proven' or change is not null)
);

create table fleet.theft (
  device text primary key,
  at bigint not null,
  by_whom text not null,
  reason text not null,
  seen bigint not null default 0,
  last_at bigint,
  last_how text,
  held jsonb not null
);

-- Since when the access that was lent for the handover has ended.
alter table fleet.handover add column released bigint;
create index handover_unreleased on fleet.handover (id) where released is null;
