create table jobs.job (
  id text primary key,
  kind text not null,
  title text not null,
  payload jsonb not null,
  state text not null check (state in ('waiting', 'running', 'done', 'failed')),
  attempts int not null default 0 check (attempts >= 0),
  attempts_max int not null check (attempts_max between 1 and 20),
  progress double precision check (progress between 0 and 1),
  created bigint not null,
  not_before bigint not null,
  started bigint,
  ended bigint,
  error text,
  check ((state in ('done', 'failed')) = (ended is not null))
);
create index job_waiting on jobs.job (state, not_before);
create index job_newest on jobs.job (created desc);
