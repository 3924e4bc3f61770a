-- Processes that serve records over this database. `turn` grows with each renewal of a node's lease: one that others see stand still
-- for longer than a lease has ended. `applied`: every change up to here is in force there.
create table vault.node (
  id text primary key check (id ~ '^[0-9a-f]{16}$'),
  turn bigint not null check (turn >= 1),
  applied bigint not null check (applied >= 0)
);

-- What every node must know before anybody is told that it is in force; numbered without gaps, in the order in which it is seen.
create table vault.change (
  sequence bigint primary key check (sequence >= 1),
  node text not null,
  at bigint not null,
  body text not null
);
