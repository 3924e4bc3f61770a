-- The hidden marks that were given out with drawn pages: whose copy a picture is. No key and no content.
create table vault.picture_mark (
  mark text primary key,
  session text not null,
  record text not null,
  subject text not null,
  person text not null,
  consent text,
  purpose text not null,
  at bigint not null
);
create index picture_mark_record on vault.picture_mark (record);
