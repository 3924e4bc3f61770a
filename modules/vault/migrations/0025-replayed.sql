-- A request comes back from the ledger, its papers do not: after an older backup was put back, a request names one that is not there.
alter table vault.request drop constraint request_paper_fkey;
alter table vault.request drop constraint request_extended_paper_fkey;
alter table vault.request drop constraint request_answer_paper_fkey;
