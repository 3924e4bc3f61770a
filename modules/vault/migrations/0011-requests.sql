-- What people ask for by law. `paper`s are records: the words are sealed there.
create table vault.request (
  id text primary key,
  subject text not null,
  kind text not null,
  regime text not null,
  by_whom text not null,
  at bigint not null,
  paper text not null references vault.record (id),
  clause text not null,
  due bigint not null check (due > at),
  withdrawn_at bigint,
  extended_at bigint,
  extended_by text,
  extended_clause text,
  extended_from bigint,
  extended_paper text references vault.record (id),
  answered_at bigint,
  answered_by text,
  outcome text,
  clauses text,
  answer_paper text references vault.record (id),
  reminded_at bigint,
  overdue_at bigint,
  check ((extended_at is null) = (extended_clause is null)),
  check ((answered_at is null) = (outcome is null)),
  check (answered_at is null or withdrawn_at is null)
);
create index request_by_subject on vault.request (subject, at desc);
create index request_open on vault.request (due) where answered_at is null and withdrawn_at is null;
