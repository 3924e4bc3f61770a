create table watch.finding (
  id text primary key,
  detector text not null check (detector in ('new-peer', 'off-band', 'scan')),
  device text not null,
  at bigint not null,
  last_at bigint not null,
  count bigint not null check (count >= 0),
  severity text not null check (severity in ('notice', 'warning', 'alarm')),
  state text not null default 'open' check (state in ('open', 'dismissed')),
  title text not null,
  observed text not null,
  expected text not null,
  why text not null,
  would_not_have text not null,
  peers jsonb not null,
  port int check (port between 0 and 65535),
  replay boolean not null,
  simulated boolean not null,
  authenticated boolean not null,
  -- The finding as the fold keeps it: what a dismissal teaches after a restart.
  live jsonb not null,
  dismissed_by text,
  dismissed_at bigint,
  dismissed_reason text,
  check (last_at >= at),
  check ((state = 'dismissed') = (dismissed_at is not null)),
  check ((dismissed_at is null) = (dismissed_by is null) and (dismissed_at is null) = (dismissed_reason is null))
);
create index finding_newest on watch.finding (at desc, id);
create index finding_of_device on watch.finding (device, at desc);
create index finding_open on watch.finding (at desc) where state = 'open';
