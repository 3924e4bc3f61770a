-- What a freeze is for, such as an incident; null for one that a person ordered. At most one in force for each cause and scope.
alter table fleet.freeze add column cause text;
create unique index freeze_in_force on fleet.freeze (cause, scope) where thawed is null;
