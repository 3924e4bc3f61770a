-- Sealed records opened for one reader: asked for by one officer, approved by another, for days. `order_record`: the paper of the order
-- that keeps it from the person until then.
create table vault.unsealing (
  id text primary key,
  subject text not null,
  -- Ids, as JSON.
  records text not null,
  reader text not null,
  reason text not null,
  clause text not null,
  reference text not null,
  days int not null check (days >= 1),
  quiet boolean not null,
  state text not null check (state in ('asked', 'open', 'ended', 'lapsed')),
  asked_at bigint not null,
  asked_by text not null check (asked_by <> subject),
  approved_at bigint,
  approved_by text check (approved_by <> asked_by and approved_by <> subject and approved_by <> reader),
  until_at bigint,
  order_record text,
  hidden_until bigint,
  ended_at bigint,
  ended_by text,
  changed_at bigint not null,
  check (state <> 'open' or (approved_by is not null and until_at is not null)),
  check ((order_record is null) = (hidden_until is null))
);
create index unsealing_open on vault.unsealing (subject) where state in ('asked', 'open');
