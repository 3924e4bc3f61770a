-- What the database has of content the row of a version says of itself: a second row for each would say it again.
alter table vault.copy drop constraint copy_scope_check;
alter table vault.copy add constraint copy_scope_check check (scope in ('versions', 'content', 'live', 'snapshot'));
update vault.copy set scope = 'content' where id = 'cpy-primary';
-- What could not be taken from the database yet stays named.
delete from vault.copy_item
  where copy = 'cpy-primary' and (outcome is null or outcome in ('purged', 'unreadable', 'beyond'));

-- Every version in every copy that names it, or has it in the database.
create view vault.copy_held as
  select copy, record, version, outcome, why from vault.copy_item
  union all
  select 'cpy-primary', record, version, case when content is null then 'purged' end,
    case when archived is not null then 'it was moved to the archive'
      when content is null then 'the ciphertext was taken from the database' end
  from vault.version;
