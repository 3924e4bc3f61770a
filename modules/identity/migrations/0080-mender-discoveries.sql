-- A device may also knock in the way of Mender: with a key of its own and what it says of itself.
alter table identity.discovery drop constraint discovery_way_check;
alter table identity.discovery add constraint discovery_way_check check (way in ('code', 'factory', 'mender'));
