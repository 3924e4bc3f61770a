-- Whose key is whose: ids of keys, never keys. The keys themselves are in the key file.
create table vault.subject (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  key text not null unique check (key ~ '^[0-9a-f]{32}$')
);
create table vault.category (
  subject text not null references vault.subject (id),
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  key text not null unique check (key ~ '^[0-9a-f]{32}$'),
  primary key (subject, name)
);
create table vault.record (
  id text primary key,
  subject text not null,
  category text not null,
  created bigint not null,
  destroyed_at bigint,
  destroyed_by text,
  destroyed_reason text,
  foreign key (subject, category) references vault.category (subject, name),
  check ((destroyed_at is null) = (destroyed_by is null)),
  check ((destroyed_at is null) = (destroyed_reason is null))
);
create index record_by_subject on vault.record (subject, created desc);

-- `content`: nonce, ciphertext and tag; null once the record is destroyed.
create table vault.version (
  record text not null references vault.record (id),
  version int not null check (version >= 1),
  key text not null unique check (key ~ '^[0-9a-f]{32}$'),
  media text not null,
  bytes int not null check (bytes >= 1),
  at bigint not null,
  by_whom text not null,
  content bytea,
  primary key (record, version)
);

-- `body`: scope, rights and refrains as JSON.
create table vault.consent (
  id text primary key,
  subject text not null,
  person text not null,
  body text not null,
  purpose text not null,
  from_at bigint not null,
  until_at bigint not null check (until_at > from_at),
  uses int check (uses >= 1),
  used int not null default 0 check (used >= 0),
  given_at bigint not null,
  given_by text not null,
  taken_back_at bigint,
  taken_back_by text,
  check ((taken_back_at is null) = (taken_back_by is null)),
  check (uses is null or used <= uses)
);
create index consent_by_subject on vault.consent (subject, given_at desc);
create index consent_standing on vault.consent (until_at) where taken_back_at is null;
