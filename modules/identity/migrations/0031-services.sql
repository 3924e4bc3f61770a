-- Cloud services: who answers for each and what it may reach. Rows stay when a service ends: its id is never given again.
create table identity.service (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  name text not null check (length(name) between 2 and 100),
  owner text not null,
  -- JSON arrays.
  data text not null,
  sites text not null,
  registered bigint not null,
  by text not null,
  secret_hash text check (length(secret_hash) = 64),
  secret_at bigint,
  public_key text check (length(public_key) <= 2048),
  code_hash text check (length(code_hash) = 64),
  code_expires bigint,
  last_used bigint,
  ended_at bigint,
  ended_by text,
  ended_reason text,
  check ((secret_hash is null) = (secret_at is null)),
  check ((code_hash is null) = (code_expires is null)),
  check ((ended_at is null) = (ended_by is null)),
  check ((ended_at is null) = (ended_reason is null))
);

-- Their certificates, apart from those of devices: no listener but theirs takes one.
create table identity.service_certificate (
  serial text primary key check (length(serial) = 32),
  service text not null references identity.service (id),
  key_hash text not null check (length(key_hash) = 64),
  not_before bigint not null,
  not_after bigint not null check (not_after > not_before)
);
create index service_certificate_service on identity.service_certificate (service);

-- People may also sign in through an OpenID provider.
alter table identity.session drop constraint session_method_check;
alter table identity.session add constraint session_method_check
  check (method in ('link', 'passkey', 'recovery-code', 'oidc'));

-- Which subject of which provider is which person; bound once, through a one-time link.
create table identity.oidc_subject (
  issuer text not null check (length(issuer) <= 500),
  subject text not null check (length(subject) <= 255),
  person text not null references identity.person (id),
  bound bigint not null,
  primary key (issuer, subject)
);
create unique index oidc_subject_person on identity.oidc_subject (issuer, person);
