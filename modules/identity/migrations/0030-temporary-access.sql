-- Access of vendors and installers: asked for, judged by somebody else, over by itself. Rows stay, since they tell who was let in.
create table identity.temporary_access (
  id text primary key,
  person text not null references identity.person (id),
  role text not null check (role in ('vendor', 'installer')),
  -- JSON arrays of ids.
  sites text not null,
  devices text not null,
  -- Null: begins with its approval.
  begins bigint,
  until bigint not null check (until > asked),
  reason text not null,
  asked bigint not null,
  by text not null,
  judged_at bigint,
  judged_by text,
  judged_reason text,
  approved boolean,
  -- Its beginning was told.
  begun boolean not null default false,
  ended_at bigint,
  ended_by text,
  ended_why text check (ended_why in ('time', 'taken-back', 'given-back', 'done', 'disabled')),
  ended_reason text,
  check ((judged_at is null) = (judged_by is null)),
  check ((judged_at is null) = (judged_reason is null)),
  check ((judged_at is null) = (approved is null)),
  -- Nobody lets in themself.
  check (approved is not true or (judged_by <> by and judged_by <> person)),
  check ((ended_at is null) = (ended_by is null)),
  check ((ended_at is null) = (ended_why is null)),
  check ((ended_at is null) = (ended_reason is null))
);
create index temporary_access_person on identity.temporary_access (person);

-- Temporary roles are never among those that somebody holds for good: the pattern of identity.person stays as it is.
