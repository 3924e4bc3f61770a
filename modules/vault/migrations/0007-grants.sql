-- Consents to whoever holds a role at an organisation, and consents that were handed on.
alter table vault.consent alter column person drop not null;
alter table vault.consent add column organisation text;
alter table vault.consent add column role text;
alter table vault.consent add column depth int not null default 0 check (depth between 0 and 3);
-- With the one that was handed on by it, it ends.
alter table vault.consent add column parent text references vault.consent (id);
alter table vault.consent add constraint consent_grantee_check
  check (person is not null or (organisation is not null and role is not null));
create index consent_by_person on vault.consent (person, given_at desc) where taken_back_at is null;
create index consent_by_role on vault.consent (organisation, role, given_at desc)
  where taken_back_at is null and person is null;
