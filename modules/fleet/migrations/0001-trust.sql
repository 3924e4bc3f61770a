-- Each version of the officers' document, with the signatures that brought it in. The server keeps it; devices check it themselves.
create table fleet.officers (
  version int primary key check (version >= 1),
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  signed jsonb not null,
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

-- One signature of each officer on each change. The public key with it says later whether it is still that officer's key.
create table fleet.signature (
  change text not null,
  officer text not null,
  key text not null,
  public_key text not null,
  signature jsonb not null,
  at bigint not null,
  primary key (change, officer)
);

-- The repository of artifacts as published: each document to the byte, since that is what was signed.
create table fleet.metadata (
  role text not null check (role in ('root', 'targets', 'snapshot', 'timestamp')),
  version int not null check (version >= 1),
  text text not null,
  at bigint not null,
  primary key (role, version)
);
