create table respond.situation (
  id text primary key,
  state text not null check (state in ('open', 'incident', 'dismissed')),
  incident text,
  opened bigint not null,
  last_at bigint not null check (last_at >= opened),
  body jsonb not null,
  check ((state = 'incident') <= (incident is not null))
);
create index situation_state on respond.situation (state, last_at desc);
create table respond.situation_finding (
  finding text primary key,
  situation text not null references respond.situation (id),
  device text not null,
  at bigint not null
);
create index situation_finding_by_situation on respond.situation_finding (situation);
create table respond.incident (
  id text primary key,
  situation text not null unique references respond.situation (id),
  state text not null check (state in ('open', 'closed')),
  opened bigint not null,
  opened_by text not null,
  title text not null,
  closed jsonb,
  check ((state = 'closed') = (closed is not null))
);
create table respond.timeline (
  id bigint generated always as identity primary key,
  incident text not null references respond.incident (id),
  at bigint not null,
  lane text not null check (lane in ('alert', 'attack', 'response', 'note')),
  text text not null,
  actor text not null,
  subject text not null,
  fact text
);
create index timeline_by_incident on respond.timeline (incident, at);
create table respond.containment (
  id text primary key,
  incident text not null references respond.incident (id),
  state text not null check (state in ('applying', 'in-force', 'partly-failed', 'undone', 'ended')),
  applied bigint not null,
  ends bigint not null check (ends > applied),
  body jsonb not null,
  check ((state = 'undone') = (body -> 'undone' <> 'null'::jsonb))
);
create index containment_by_incident on respond.containment (incident);
