-- What was reported on an order to erase a device, kept with the end of its attempt.
create table fleet.wipe_report (
  change text not null,
  device text not null,
  reported_by text not null,
  reason text,
  erased jsonb not null,
  at bigint not null,
  primary key (change, device)
);

alter table fleet.retirement add column erased jsonb not null default '[]';
alter table fleet.retirement add column reported_by text;
