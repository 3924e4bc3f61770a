-- Each version of the officers' document, with the signatures that brought it in. The server keeps it; devices check it themselves.
create table fleet.officers (
  version int primary key check (version >= 1),
  document jsonb not null,
  signatures jsonb not null,
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  at bigint not null,
  by_whom text not null
);

create table fleet.artifact (
  sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  kind text not null check (kind in ('firmware', 'configuration')),
  name text not null,
  version text not null,
  size bigint not null check (size between 1 and 1073741824),
  classes jsonb not null,
  models jsonb not null,
  hardware jsonb not null,
  at bigint not null,
  by_whom text not null,
  unique (name, version)
);

-- One signature of each officer on each change.
create table fleet.signature (
  change text not null,
  officer text not null,
  key text not null,
  alg text not null check (alg in ('ed25519', 'webauthn')),
  signature jsonb not null,
  at bigint not null,
  primary key (change, officer)
);

-- Metadata of the repository of artifacts as published: the bytes that were signed, to the byte.
create table fleet.metadata (
  role text not null check (role in ('root', 'targets', 'snapshot', 'timestamp')),
  version int not null check (version >= 1),
  bytes text not null,
  expires bigint not null,
  at bigint not null,
  primary key (role, version)
);
