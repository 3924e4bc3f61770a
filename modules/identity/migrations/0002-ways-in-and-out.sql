-- An identity may end: its device was retired, or another stands in its place.
alter table identity.device drop constraint device_restriction_check;
alter table identity.device add constraint device_restriction_check
  check (restriction in ('held', 'revoked', 'retired', 'replaced'));

alter table identity.certificate drop constraint certificate_profile_check;
alter table identity.certificate add constraint certificate_profile_check
  check (profile in ('device', 'server', 'ocsp'));
-- Checked by pattern these cost more than storing the row does; all are made by our own encoder and never taken from a request.
alter table identity.certificate drop constraint certificate_serial_check;
alter table identity.certificate add constraint certificate_serial_check check (length(serial) = 32);
alter table identity.certificate drop constraint certificate_key_hash_check;
alter table identity.certificate add constraint certificate_key_hash_check check (length(key_hash) = 64);

alter table identity.enrolment_code drop constraint enrolment_code_hash_check;
alter table identity.enrolment_code add constraint enrolment_code_hash_check check (length(hash) = 64);

-- A code that says `approval` lets a device in only after a person has looked.
alter table identity.enrolment_code add column approval boolean not null default false;

-- Roots of makers whose factory certificates (IEEE 802.1AR) may enrol; none until somebody pins one.
create table identity.maker_root (
  fingerprint text primary key check (fingerprint ~ '^[0-9a-f]{64}$'),
  maker text not null,
  subject text not null check (length(subject) <= 300),
  -- DER, base64.
  certificate text not null check (length(certificate) <= 16384),
  not_after bigint not null,
  approval text not null check (approval in ('automatic', 'each')),
  pinned bigint not null,
  by text not null
);

-- Which factory key holds which serial. One claim per serial and one living claim per device; an ended one stays, so that
-- hardware that was replaced cannot come back.
create table identity.factory_claim (
  serial text primary key check (serial ~ '^[0-9a-z._-]{3,64}$'),
  device text not null,
  key_hash text not null check (key_hash ~ '^[0-9a-f]{64}$'),
  root text not null check (root ~ '^[0-9a-f]{64}$'),
  claimed bigint not null,
  ended bigint
);
create unique index factory_claim_living on identity.factory_claim (device) where ended is null;

-- Who waits for a person to let them in. At most one row per device waits or is approved.
create table identity.enrolment_request (
  id text primary key,
  device text not null,
  way text not null check (way in ('code', 'factory')),
  state text not null check (state in ('waiting', 'approved', 'refused', 'issued')),
  why text not null check (why in ('asked-for', 'second-claim')),
  serial text,
  maker text,
  -- Of the key that is to be certified, and of what the device showed: its code, or its factory key.
  key_hash text not null check (key_hash ~ '^[0-9a-f]{64}$'),
  credential_hash text not null check (credential_hash ~ '^[0-9a-f]{64}$'),
  address text not null,
  asked bigint not null,
  last_asked bigint not null,
  judged bigint,
  by text,
  reason text,
  check ((way = 'factory') = (serial is not null)),
  check ((state = 'waiting') = (judged is null)),
  check ((judged is null) = (by is null)),
  check ((judged is null) = (reason is null))
);
create unique index enrolment_request_open on identity.enrolment_request (device) where state in ('waiting', 'approved');

-- What was seen of devices that nobody here knows.
create table identity.discovery (
  id text primary key,
  -- Way, and serial with its key or the claimed id: the same again counts up the same card.
  what text not null unique check (length(what) <= 300),
  state text not null check (state in ('quarantined', 'dismissed')),
  why text not null check (why in ('serial-unknown', 'serial-ambiguous', 'maker-differs', 'claim-ended', 'id-unknown')),
  way text not null check (way in ('code', 'factory')),
  claimed text,
  serial text,
  maker text,
  subject text check (length(subject) <= 300),
  key_hash text,
  address text not null,
  first bigint not null,
  last bigint not null check (last >= first),
  times bigint not null check (times > 0)
);
