-- Receipts of consents: what each says is fixed with the event, in the ledger by its hash; the city's signature follows.
create table vault.receipt (
  consent text not null references vault.consent (id),
  event text not null check (event in ('given', 'handed-on', 'taken-back')),
  at bigint not null,
  -- Canonical JSON.
  document text not null,
  -- The fact that names its hash.
  fact text not null,
  signature text,
  signed_at bigint,
  primary key (consent, event),
  check ((signature is null) = (signed_at is null))
);
create index receipt_unsigned on vault.receipt (at) where signature is null;
