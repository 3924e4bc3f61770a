-- Which profiles there are is closed in code; here it only has to be one.
alter table identity.certificate drop constraint certificate_profile_check;
alter table identity.certificate add constraint certificate_profile_check check (length(profile) between 3 and 20);

-- Site gateways and partner networks. Their certificates, codes and restrictions lie where those of devices do, by the same ids:
-- no network is called as a device is.
create table identity.network (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$'),
  kind text not null check (kind in ('site-gateway', 'lorawan-network', 'mobile-apn')),
  name text not null check (length(name) between 2 and 100),
  party text not null,
  -- Whom it may speak for: devices by id, and every device of a site.
  devices text[] not null check (cardinality(devices) <= 10000),
  sites text[] not null check (cardinality(sites) <= 500),
  registered bigint not null,
  by text not null
);
