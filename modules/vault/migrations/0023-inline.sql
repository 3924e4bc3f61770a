-- Ciphertext of up to some 8 KB lies with its row: cut up for a table beside it, 4 KB were three rows more, each with its index.
alter table vault.version set (toast_tuple_target = 8160);
