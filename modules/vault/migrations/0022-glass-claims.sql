-- Emergencies that are being opened: they count from here on, whichever process does it, and nothing is seen by them.
create table vault.glass_claim (
  id text primary key,
  subject text not null,
  by_whom text not null,
  organisation text not null,
  care text not null,
  at bigint not null,
  until_at bigint not null check (until_at > at)
);
create index glass_claim_by_time on vault.glass_claim (at);
