-- Ciphertext does not get smaller: nobody tries.
alter table vault.version alter column content set storage external;
