-- What the city has. Ids are unique over all kinds of nodes; the service holds that, since no constraint spans tables.
create table city.city (
  only_row boolean primary key default true check (only_row),
  name text not null check (name <> ''),
  seed text not null,
  founded bigint not null check (founded > 0),
  bounds json not null,
  geometry json not null,
  -- Grows with every committed change of the inventory; a previewed import holds only for the one it was made against.
  revision bigint not null default 0 check (revision >= 0)
);

create table city.party (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  name text not null check (name <> ''),
  kind text not null check (kind in ('city', 'department', 'integrator', 'maker', 'clinic', 'agency'))
);

create table city.site (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  name text not null,
  kind text not null check (kind in ('ward', 'street', 'junction', 'cabinet', 'building', 'plant', 'park', 'depot')),
  ward text check (kind <> 'ward' or ward is null),
  lon double precision check (lon between -180 and 180),
  lat double precision check (lat between -90 and 90),
  check ((lon is null) = (lat is null))
);

create table city.network (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  name text not null,
  kind text not null check (kind in ('telecom', 'power', 'water')),
  level text not null,
  lon double precision check (lon between -180 and 180),
  lat double precision check (lat between -90 and 90),
  check ((lon is null) = (lat is null))
);

create table city.device (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  name text not null,
  class text not null check (class in (
    'street-light', 'signal', 'crossing', 'camera', 'water-pump', 'water-tank', 'waste-bin', 'air-sensor',
    'parking-sensor', 'wifi-access-point', 'bus-sign', 'site-switch', 'plant-controller', 'other')),
  model text not null,
  firmware text,
  serial text check (serial <> ''),
  mac text check (mac ~ '^([0-9a-f]{2}:){5}[0-9a-f]{2}$'),
  ip text,
  street text not null,
  site text,
  ward text,
  lon double precision check (lon between -180 and 180),
  lat double precision check (lat between -90 and 90),
  maker text,
  owner text,
  maintainer text,
  installer text,
  installed bigint,
  criticality text not null check (criticality in ('life-safety', 'essential', 'important', 'routine')),
  fail_safe text not null,
  backup text not null,
  never_cut boolean not null,
  source text not null check (source <> ''),
  source_id text check (source_id <> ''),
  simulated boolean not null,
  check ((lon is null) = (lat is null))
);
create unique index device_serial on city.device (lower(serial));
create unique index device_mac on city.device (mac);
create unique index device_source on city.device (source, source_id);

create table city.service (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  name text not null check (name <> ''),
  kind text not null check (kind in (
    'street-lighting', 'traffic', 'crossings', 'cctv', 'water', 'waste', 'air-quality', 'parking', 'wifi',
    'bus-information', 'hospital', 'clinic', 'dialysis', 'fire', 'police')),
  criticality text not null check (criticality in ('life-safety', 'essential', 'important', 'routine')),
  lon double precision check (lon between -180 and 180),
  lat double precision check (lat between -90 and 90),
  check ((lon is null) = (lat is null))
);

create table city.dataset (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  name text not null check (name <> ''),
  purpose text not null,
  cohort text not null,
  -- Random ids of people; no module but the vault ever holds a name.
  subjects json not null
);

create table city.edge (
  from_id text not null,
  to_id text not null check (to_id <> from_id),
  kind text not null check (kind in ('power', 'telecom', 'water', 'control', 'reach', 'data-flow', 'service')),
  note text not null default '',
  primary key (from_id, to_id, kind)
);

create table city.import (
  id text primary key,
  at bigint not null check (at > 0),
  by_whom text not null,
  file text not null,
  format text not null check (format in ('csv', 'netbox-csv', 'geojson', 'ngsi-ld')),
  state text not null check (state in ('previewed', 'committed', 'undone')),
  -- The revision of the city it was previewed against.
  revision bigint not null,
  committed bigint check ((committed is null) = (state = 'previewed')),
  undone bigint check ((undone is null) = (state <> 'undone')),
  reason text,
  counts json not null,
  columns json not null,
  rows json not null
);
create index import_at on city.import (at desc);

-- What an import does, with what stood there before: gzip of JSON lines, at most 2,000 changes each.
create table city.import_part (
  import text not null references city.import (id) on delete cascade,
  part integer not null check (part >= 0),
  body bytea not null,
  primary key (import, part)
);

-- Last seen and the hours in which each device reported: written now and then, so that a restart forgets little.
create table city.heard (
  only_row boolean primary key default true check (only_row),
  at bigint not null,
  body bytea not null
);
