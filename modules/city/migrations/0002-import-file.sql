-- The file of an import is kept by its hash, so that an auditor can compare the change with what was handed in.
alter table city.import add column sha256 text check (sha256 ~ '^[0-9a-f]{64}$');
create index import_sha256 on city.import (sha256);
