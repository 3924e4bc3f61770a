-- Who works where and as what. Only officers write here; what has ended stays.
create table identity.post (
  id text primary key,
  person text not null,
  organisation text not null,
  role text not null check (role ~ '^[a-z-]{3,40}$'),
  from_at bigint not null,
  until_at bigint check (until_at >= from_at)
);
create index post_by_person on identity.post (person, from_at desc);
