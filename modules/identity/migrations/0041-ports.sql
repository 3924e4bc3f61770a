alter table identity.network drop constraint network_kind_check;
alter table identity.network add constraint network_kind_check
  check (kind in ('site-gateway', 'lorawan-network', 'mobile-apn', 'radius-server'));

-- Which class belongs in which VLAN; one row is called quarantine. Empty until somebody sets it.
create table identity.vlan (
  class text primary key check (length(class) between 3 and 40),
  vlan integer not null check (vlan between 1 and 4094)
);

-- Who is on which port of which switch, so that its session can be moved or ended.
create table identity.port_session (
  nas text not null check (length(nas) between 2 and 45),
  station text not null check (length(station) between 1 and 64),
  device text not null,
  user_name text not null check (length(user_name) <= 253),
  port text check (length(port) <= 64),
  acct_session text check (length(acct_session) <= 253),
  vlan integer not null check (vlan between 1 and 4094),
  began bigint not null,
  last bigint not null,
  primary key (nas, station)
);
