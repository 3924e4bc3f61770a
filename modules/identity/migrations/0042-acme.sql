-- Accounts of ACME clients (RFC 8555). Each is bound to one registered network, by a secret that was used once.
create table identity.acme_account (
  id text primary key check (length(id) between 8 and 64),
  network text not null references identity.network (id),
  -- SHA-256 of the account's public key (RFC 7638), base64url, and the key itself as JWK.
  thumbprint text not null unique check (length(thumbprint) = 43),
  jwk text not null check (length(jwk) <= 1000),
  -- Names that it may order, besides the network's own id.
  names text[] not null check (cardinality(names) between 1 and 20),
  state text not null check (state in ('valid', 'deactivated')),
  created bigint not null
);
