-- An emergency is known for good, also where a backup that was put back has neither its care nor the paper with its reason.
alter table vault.glass drop constraint glass_care_fkey;
alter table vault.glass drop constraint glass_paper_fkey;
