-- Records are destroyed where they lie: with room beside each row, and no index over what changes, no index is touched.
alter table vault.version set (fillfactor = 60);
alter table vault.record set (fillfactor = 40);
-- A destruction's records are those of its person; its row is written before theirs, in the same transaction.
drop index vault.record_by_destruction;
alter table vault.record drop constraint record_destruction_fkey;
