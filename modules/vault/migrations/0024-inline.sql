-- Ciphertext of up to some 8 KB lies with its row: cut up for the table beside it, 4 KB were three rows more, each in an index.
alter table vault.version set (toast_tuple_target = 8160);
