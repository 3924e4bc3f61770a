-- A person's own key: its public half, and the other as ciphertext under what each of their passkeys alone makes.
create table vault.blind_key (
  person text primary key,
  public_key text not null unique,
  salt text not null,
  at bigint not null
);
create table vault.blind_wrap (
  person text not null references vault.blind_key (person),
  credential text not null,
  wrapped text not null,
  at bigint not null,
  primary key (person, credential)
);

-- Who chose that the city cannot read their records; `choice`: what they signed, and their passkey's signature, as JSON.
create table vault.blind_mode (
  subject text primary key references vault.blind_key (person),
  state text not null check (state in ('on', 'turning-off')),
  since bigint not null,
  needed int not null check (needed >= 0),
  choice text not null
);
-- `number`: of the share. `share`: of the person's own key, sealed to the holder.
create table vault.blind_holder (
  subject text not null references vault.blind_mode (subject),
  number int not null check (number >= 1),
  person text not null references vault.blind_key (person),
  share text not null,
  primary key (subject, number),
  unique (subject, person),
  check (person <> subject)
);

-- Versions whose content is under a key that the city has forgotten.
create table vault.blind_version (
  record text not null,
  version int not null,
  primary key (record, version),
  foreign key (record, version) references vault.version (record, version)
);
-- That key, or a share of it, sealed to a person; `under`: the consent or the emergency that it is for.
create table vault.blind_seal (
  record text not null,
  version int not null,
  use text not null check (use in ('own', 'share', 'consent', 'release')),
  to_whom text not null,
  under text not null,
  from_whom text not null,
  sealed text not null,
  primary key (record, version, use, to_whom, under, from_whom),
  foreign key (record, version) references vault.blind_version (record, version) on delete cascade
);
create index blind_seal_to on vault.blind_seal (to_whom, use, under);

-- Who asks for shares: a clinician in an emergency, or a person who lost what opens their own key (then with that key, wrapped anew).
create table vault.blind_ask (
  id text primary key,
  subject text not null references vault.blind_mode (subject),
  kind text not null check (kind in ('emergency', 'recovery')),
  glass text unique,
  to_whom text not null,
  public_key text not null,
  salt text,
  credential text,
  wrapped text,
  at bigint not null,
  ended_at bigint,
  check ((kind = 'emergency') = (glass is not null)),
  check ((kind = 'recovery') = (wrapped is not null))
);
create index blind_ask_open on vault.blind_ask (subject) where ended_at is null;
create table vault.blind_key_release (
  ask text not null references vault.blind_ask (id),
  holder text not null,
  sealed text not null,
  at bigint not null,
  primary key (ask, holder)
);
