-- Questions of whose data something touched, and whom to tell.
create table vault.exposure (
  id text primary key,
  at bigint not null,
  by_whom text not null,
  reason text not null,
  scope text not null,
  state text not null check (state in ('asked', 'telling', 'told')),
  -- What the people are told, once somebody has said it.
  words text,
  told_by text,
  check ((state = 'asked') = (words is null)),
  check ((words is null) = (told_by is null))
);
create index exposure_at on vault.exposure (at desc);
-- `touches`: how, as JSON.
create table vault.exposed (
  exposure text not null references vault.exposure (id),
  subject text not null,
  touches text not null,
  told_at bigint,
  primary key (exposure, subject)
);
create index exposed_untold on vault.exposed (exposure, subject) where told_at is null;
-- What a device or service stored, and what was stored when.
create index version_by on vault.version (by_whom, at);
create index version_at on vault.version (at);
