-- Devices that a change left out after it began, and why: one row each, never changed.
create table fleet.skip (
  change_number integer not null,
  member integer not null check (member >= 0),
  device text not null,
  reason text not null,
  at bigint not null,
  primary key (change_number, member)
);
