create table platform.outbox (
  position bigint generated always as identity primary key,
  id text not null unique,
  module text not null,
  type text not null,
  actor text not null,
  subject text not null,
  at bigint not null check (at >= 0),
  personal boolean not null,
  data jsonb not null
);
create table platform.cursor (
  handler text primary key,
  position bigint not null check (position >= 0)
);
