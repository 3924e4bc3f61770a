-- The draft that a change was planned from, so that devices that come later can be given the same; null for stepping stones and for
-- changes of before. `follows`: the change whose draft this one was prepared from.
alter table fleet.change add column draft json;
alter table fleet.change add column follows text references fleet.change (id);
create index change_follows on fleet.change (follows) where follows is not null;
