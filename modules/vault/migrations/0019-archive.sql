-- What was archived together: the manifest that the city signed. The content is an object in the archive, named by its SHA-256.
create table vault.archive (
  id text primary key,
  subject text not null,
  at bigint not null,
  versions int not null check (versions >= 1),
  -- Canonical JSON: exactly what the city signed.
  manifest text not null,
  signature text not null
);
create index archive_newest on vault.archive (at desc);
alter table vault.version add column archived text check (archived ~ '^[0-9a-f]{64}$');
alter table vault.version add column archive text references vault.archive (id);
alter table vault.version add constraint version_where_check
  check ((archived is null) = (archive is null) and (archived is null or content is null));
create index version_archived on vault.version (archived) where archived is not null;
