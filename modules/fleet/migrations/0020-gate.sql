-- Devices that are being commissioned.
create table fleet.commissioning (
  device text primary key,
  begun bigint not null,
  by_whom text not null
);

-- The newest look of a site gateway at each device.
create table fleet.probe (
  device text primary key,
  gateway text not null,
  at bigint not null,
  result jsonb not null
);

-- How each check stood when it was last told to the ledger.
create table fleet.gate_check (
  device text not null,
  check_name text not null,
  state text not null check (state in ('unknown', 'passed', 'failed')),
  at bigint not null,
  primary key (device, check_name)
);

create table fleet.gate_exception (
  device text not null,
  check_name text not null,
  owner text not null check (length(owner) between 1 and 80),
  until bigint not null,
  reason text not null check (length(reason) between 3 and 500),
  by_whom text not null,
  at bigint not null,
  primary key (device, check_name),
  check (until > at)
);

-- The certificate that an installer was shown last, to the byte; only this one can be signed.
create table fleet.handover_draft (
  device text primary key,
  hash text not null check (length(hash) = 64),
  body text not null check (length(body) <= 65536),
  at bigint not null,
  by_whom text not null
);

-- Signed certificates. A later one, or a replacement of the hardware, makes an earlier one history.
create table fleet.handover (
  id text primary key,
  device text not null,
  hash text not null unique check (length(hash) = 64),
  -- Exactly what the city signed, and its detached CMS signature, DER, base64.
  certificate text not null check (length(certificate) <= 65536),
  signature text not null check (length(signature) <= 16384),
  installer text not null,
  exceptions int not null check (exceptions >= 0),
  at bigint not null,
  by_whom text not null,
  void bigint
);
create unique index handover_standing on fleet.handover (device) where void is null;

-- Which firmware is wanted; `*` for every model of the class that has none of its own.
create table fleet.firmware_track (
  class text not null,
  model text not null,
  least text not null,
  track text,
  at bigint not null,
  by_whom text not null,
  primary key (class, model)
);
