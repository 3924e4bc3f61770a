-- A change of devices. `number` stands for it where a million rows name it.
create table fleet.change (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  number integer generated always as identity unique,
  -- The count of every leaf of its job: it only grows from change to change, and so it grows for each device.
  counter bigint not null unique check (counter >= 1),
  state text not null check (state in ('planned', 'running', 'paused', 'stopped', 'finished', 'rolling-back', 'rolled-back')),
  words text not null,
  after_change text references fleet.change (id),
  job json not null,
  plan json not null,
  options json not null,
  selection json not null,
  devices integer not null check (devices between 1 and 1000000),
  planned bigint not null,
  planned_by text not null,
  started bigint check ((started is null) = (state = 'planned')),
  ended bigint,
  not_after bigint not null,
  -- Until when devices may still be told something of it.
  lives_until bigint not null,
  -- For each wave: when it was opened and had its quorum (0 for not yet), and failures that a person overlooked.
  waves json not null
);
create index change_planned on fleet.change (planned desc);

-- Who takes part: ids in ascending order, a line each, and whose turn it is (32-bit places among all ids, little endian).
create table fleet.change_part (
  change_number integer not null references fleet.change (number),
  part integer not null check (part >= 0),
  ids text not null,
  turns bytea not null,
  primary key (change_number, part)
);

-- Orders as they were given, many devices in one row: never changed. An order without its attempt is under way.
create table fleet.change_order (
  change_number integer not null references fleet.change (number),
  batch integer not null check (batch >= 0),
  part smallint not null check (part in (0, 1)),
  at bigint not null,
  members integer[] not null,
  primary key (change_number, batch)
);

-- One row for each attempt of each device, written when it ends and never changed. Without a foreign key: a million rows come in
-- the transactions that have just read their change.
create table fleet.attempt (
  change_number integer not null,
  member integer not null check (member >= 0),
  part smallint not null check (part in (0, 1)),
  attempt smallint not null check (attempt between 1 and 255),
  wave smallint not null check (wave >= 0),
  outcome smallint not null check (outcome between 0 and 8),
  seq integer not null check (seq >= 0),
  ordered bigint not null,
  ended bigint not null check (ended >= ordered),
  device text not null,
  running text,
  reason text,
  primary key (change_number, member, part, attempt)
);

create table fleet.change_decision (
  id bigint generated always as identity primary key,
  change_number integer not null references fleet.change (number),
  at bigint not null,
  by_whom text not null,
  words text not null
);
create index change_decision_of on fleet.change_decision (change_number, id desc);

create table fleet.freeze (
  id text primary key,
  -- A site, or `all`.
  scope text not null,
  until bigint not null,
  reason text not null,
  by_whom text not null,
  at bigint not null,
  thawed bigint
);

create table fleet.desired_part (
  scope text not null check (scope in ('class', 'site', 'device')),
  key text not null,
  document json not null,
  by_whom text not null,
  at bigint not null,
  primary key (scope, key)
);
-- Configuration documents by the SHA-256 of their canonical JSON.
create table fleet.document (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  body text not null
);
-- What each device last showed that it runs.
create table fleet.running (
  device text primary key,
  firmware text,
  document text,
  at bigint not null
);
