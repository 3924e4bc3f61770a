-- Requests to see records. `body`: scope, rights, purpose, days and why, as JSON.
create table vault.access_request (
  id text primary key,
  asker text not null,
  organisation text not null,
  role text not null,
  subject text not null,
  body text not null,
  asked_at bigint not null,
  -- Of an open one: when it lapses; else when it was answered or withdrawn.
  until_at bigint not null,
  state text not null check (state in ('open', 'agreed', 'declined', 'withdrawn')),
  consent text,
  check ((state = 'agreed') = (consent is not null))
);
create index access_request_by_asker on vault.access_request (asker, asked_at desc);
create index access_request_by_subject on vault.access_request (subject, asked_at desc);
create unique index access_request_open on vault.access_request (asker, subject) where state = 'open';
