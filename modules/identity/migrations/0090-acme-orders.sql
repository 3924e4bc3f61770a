-- Orders of ACME clients that are under way, so that a restart breaks no promise about when they expire (RFC 8555 7.1.3).
create table identity.acme_order (
  id text primary key check (length(id) between 8 and 64),
  account text not null references identity.acme_account (id),
  names text[] not null check (cardinality(names) between 1 and 20),
  -- For each name: id, token, state, and why it was not proved.
  authorizations jsonb not null check (jsonb_typeof(authorizations) = 'array'),
  state text not null check (state in ('open', 'valid', 'invalid')),
  certificate text check ((certificate is not null) = (state = 'valid')),
  expires bigint not null
);
create index acme_order_expires on identity.acme_order (expires);
