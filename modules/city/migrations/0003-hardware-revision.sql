-- Which make of its model a device is, as an inventory says it.
alter table city.device add column hardware_revision text check (hardware_revision <> '');
