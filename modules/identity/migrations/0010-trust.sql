-- What each source says of an identity, and how far the identity was trusted when that was last told.
create table identity.signal (
  subject_kind text not null check (subject_kind in ('device', 'person', 'service', 'network')),
  subject text not null check (length(subject) between 3 and 64),
  kind text not null check (kind in ('firmware', 'baseline', 'behaviour', 'advisories', 'certificate', 'dormancy')),
  source text not null check (length(source) between 3 and 64),
  value smallint not null check (value between 0 and 100),
  reason text not null check (length(reason) between 1 and 300),
  since bigint not null,
  expires bigint not null,
  primary key (subject_kind, subject, kind, source)
);

create table identity.trust (
  kind text not null check (kind in ('device', 'person', 'service', 'network')),
  id text not null check (length(id) between 3 and 64),
  level text not null check (level in ('full', 'reduced', 'low', 'none', 'unknown')),
  since bigint not null,
  primary key (kind, id)
);
