-- What was last read of each device, and what came of it. `outcomes` has one letter for each control of the set, in its order:
-- p passed, f failed, n not applicable, u unknown. Outcomes of another digest are judged anew from the readings.
create table fleet.baseline_reading (
  device text primary key,
  reporter text not null,
  -- As the reader says; the city goes by `received`.
  at bigint not null,
  received bigint not null,
  control_set text not null,
  digest text not null,
  outcomes text not null check (outcomes ~ '^[pfnu]{1,200}$'),
  -- By source; at most as large as a report.
  sources text not null check (length(sources) <= 40000)
);

-- One row for each change of a device's score; the oldest go.
create table fleet.baseline_score (
  device text not null,
  at bigint not null,
  score smallint check (score between 0 and 100),
  failed smallint not null,
  unknown smallint not null,
  primary key (device, at)
);

create table fleet.baseline_exception (
  id text primary key,
  control text not null,
  scope text not null check (scope in ('device', 'site', 'class')),
  key text not null,
  owner text not null check (owner <> ''),
  reason text not null,
  by_whom text not null,
  at bigint not null,
  until bigint not null check (until > at),
  ended bigint
);
create index baseline_exception_open on fleet.baseline_exception (until) where ended is null;

-- Since when a device has the credentials or the certificate that it has, and by which change.
create table fleet.rotation (
  device text not null,
  what text not null check (what in ('credentials', 'certificate')),
  since bigint not null,
  change text,
  primary key (device, what)
);
