-- One row per device that was ever given a code, a certificate or a restriction.
create table identity.device (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  -- The last change of the standing journal that this row contains; 0 for none.
  sequence bigint not null default 0 check (sequence >= 0),
  restriction text check (restriction in ('held', 'revoked')),
  restricted_at bigint,
  until bigint,
  reason text,
  by text,
  check ((restriction is null) = (restricted_at is null)),
  check ((restriction is null) = (reason is null)),
  check ((restriction is null) = (by is null)),
  check ((coalesce(restriction, '') = 'held') = (until is not null))
);

create table identity.certificate (
  serial text primary key check (serial ~ '^[1-7][0-9A-F]{31}$'),
  profile text not null check (profile in ('device', 'server')),
  -- The device id, or the first name of the listener.
  holder text not null,
  key_hash text not null check (key_hash ~ '^[0-9a-f]{64}$'),
  not_before bigint not null,
  not_after bigint not null check (not_after > not_before),
  state text not null check (state in ('live', 'superseded', 'revoked')),
  ended_at bigint,
  check ((state = 'live') = (ended_at is null))
);
create index certificate_holder on identity.certificate (holder);

-- At most one code per device: a new one replaces the old.
create table identity.enrolment_code (
  device text primary key references identity.device (id),
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  issued bigint not null,
  expires bigint not null check (expires > issued),
  used bigint
);

create table identity.person (
  id text primary key,
  handle text not null check (length(handle) between 2 and 40),
  roles text not null check (roles ~ '^((administrator|operator|analyst|officer|auditor)(,(?=.)|$))*$'),
  state text not null check (state in ('invited', 'active', 'disabled')),
  created bigint not null,
  last_seen bigint
);
create unique index person_handle on identity.person (lower(handle));

create table identity.link (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  person text not null references identity.person (id),
  issued bigint not null,
  expires bigint not null check (expires > issued)
);

create table identity.passkey (
  id text primary key,
  person text not null references identity.person (id),
  public_key text not null,
  counter bigint not null check (counter >= 0),
  transports text not null,
  backed_up boolean not null,
  created bigint not null,
  last_used bigint
);
create index passkey_person on identity.passkey (person);

create table identity.recovery_code (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  person text not null references identity.person (id),
  issued bigint not null
);
create index recovery_code_person on identity.recovery_code (person);

create table identity.session (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  person text not null references identity.person (id),
  method text not null check (method in ('link', 'passkey', 'recovery-code')),
  created bigint not null,
  last_seen bigint not null,
  expires bigint not null check (expires > created)
);
create index session_person on identity.session (person);
