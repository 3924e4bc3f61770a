-- Who is in whose care, as the system of a clinic says.
create table vault.care (
  id text primary key,
  subject text not null,
  organisation text not null,
  kind text not null,
  from_at bigint not null,
  until_at bigint not null check (until_at > from_at),
  ended_at bigint
);
create index care_open on vault.care (until_at) where ended_at is null;

-- Emergencies; `paper` is the record in which the reason is told in words.
create table vault.glass (
  id text primary key,
  subject text not null,
  by_whom text not null,
  organisation text not null,
  care text not null references vault.care (id),
  reason text not null,
  paper text not null references vault.record (id),
  at bigint not null,
  until_at bigint not null check (until_at > at),
  ended_at bigint,
  flags text not null,
  reviewed_at bigint,
  reviewed_by text check (reviewed_by <> by_whom),
  outcome text,
  check ((reviewed_at is null) = (outcome is null) and (reviewed_at is null) = (reviewed_by is null))
);
create index glass_by_time on vault.glass (at desc);
