-- What was recorded of people's lives, in order. `body`: the change, as JSON; ids and days, no names.
create table vault.life_event (
  position bigint generated always as identity primary key,
  id text not null unique,
  subject text not null check (subject ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  at bigint not null,
  by_whom text not null,
  body text not null
);
create index life_event_by_subject on vault.life_event (subject);

-- Changes that wait for a second officer; `body` as it was asked for.
create table vault.life_proposal (
  id text primary key,
  subject text not null,
  body text not null,
  document text not null references vault.record (id),
  at bigint not null,
  by_whom text not null,
  expires bigint not null check (expires > at),
  confirmed_at bigint,
  confirmed_by text check (confirmed_by <> by_whom),
  check ((confirmed_at is null) = (confirmed_by is null))
);
create index life_proposal_open on vault.life_proposal (at) where confirmed_at is null;

-- Who was told that they turned sixteen: once.
create table vault.life_turned (
  subject text primary key,
  at bigint not null
);

-- What people are told. `about`: ids alone, as JSON. Not shown before `shown_from`.
create table vault.notice (
  id text primary key,
  subject text not null,
  at bigint not null,
  kind text not null,
  about text not null,
  clauses text not null,
  shown_from bigint not null check (shown_from >= at),
  read_at bigint
);
create index notice_by_subject on vault.notice (subject, at desc);
