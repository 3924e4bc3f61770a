-- Whoever has copies outside the city: their key, what they were asked, and what they answered.
create table vault.recipient (
  id text primary key,
  name text not null,
  url text,
  public_key text not null,
  by_whom text not null,
  at bigint not null
);

create table vault.recipient_request (
  id text primary key,
  recipient text not null,
  subject text not null,
  copy text not null references vault.copy (id),
  ask text not null check (ask in ('delete', 'revoke')),
  at bigint not null,
  answer_by bigint not null,
  -- Canonical JSON: exactly what the city signed.
  request text not null,
  signature text not null,
  versions int not null check (versions >= 1),
  state text not null check (state in ('asked', 'reminded', 'silent', 'deleted', 'kept')),
  tries int not null default 0 check (tries >= 0),
  next_try bigint,
  fault text,
  receipt text,
  answered_at bigint,
  check ((state in ('deleted', 'kept')) = (receipt is not null)),
  check ((receipt is null) = (answered_at is null))
);
create index recipient_request_open on vault.recipient_request (at) where receipt is null;
create index recipient_request_copy on vault.recipient_request (copy);
-- Taken back once, asked once.
create unique index recipient_request_revoke on vault.recipient_request (copy) where ask = 'revoke';
create index copy_recipient_open on vault.copy (place) where kind = 'recipient' and closed_at is null;
