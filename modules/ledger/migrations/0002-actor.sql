-- Entries are looked for by who did it, and by when.
create index on ledger.entry (actor, index);
create index on ledger.entry (at);
