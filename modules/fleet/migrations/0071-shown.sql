-- What a device says of itself: its hardware revision, and the version of the officers' document that it trusts. And the firmware
-- that the last change which ended well left on it.
alter table fleet.running add column hardware text;
alter table fleet.running add column officers integer check (officers >= 1);
alter table fleet.running add column expected text;
