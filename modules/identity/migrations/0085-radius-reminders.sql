-- How the last attempt to move each session ended: kept after the session itself, whose end it may have been.
create table identity.port_move (
  nas text not null check (length(nas) between 2 and 45),
  station text not null check (length(station) between 1 and 64),
  device text not null,
  port text check (length(port) <= 64),
  was integer not null check (was between 1 and 4094),
  -- Null: its session was to end.
  wanted integer check (wanted between 1 and 4094),
  outcome text not null check (outcome in ('moved', 'ended', 'trying', 'failed')),
  why text check (length(why) <= 500),
  at bigint not null,
  primary key (nas, station),
  check ((outcome in ('trying', 'failed')) = (why is not null))
);

-- The certificates that were made last for the RADIUS server, which nobody but a person can put in its place.
create table identity.radius_certificate (
  kind text primary key check (kind in ('server', 'client')),
  not_after bigint not null,
  -- Days before the end at which somebody was reminded last; 0 at the end.
  reminded integer check (reminded between 0 and 400)
);
