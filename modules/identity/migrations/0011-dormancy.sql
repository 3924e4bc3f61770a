-- An identity may also end because it was not seen for too long.
alter table identity.device drop constraint device_restriction_check;
alter table identity.device add constraint device_restriction_check
  check (restriction in ('held', 'revoked', 'retired', 'replaced', 'dormant'));

-- When an identity was last let in; written now and then, so a little behind.
create table identity.seen (
  kind text not null check (kind in ('device', 'person', 'service', 'network')),
  id text not null check (length(id) between 3 and 64),
  at bigint not null,
  primary key (kind, id)
);
