-- Who somebody is to the city, and for professionals what they do where (a party's id).
alter table identity.person add column kind text not null default 'staff' check (kind in ('staff', 'resident', 'professional'));
alter table identity.person add column profession text;
alter table identity.person add column organisation text;
alter table identity.person add constraint person_position
  check ((kind = 'professional') = (profession is not null) and (profession is null) = (organisation is null));
