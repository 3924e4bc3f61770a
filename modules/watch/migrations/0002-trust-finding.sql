-- What another module knows and an analyst must look at: there is no trust any more in a device that guards lives.
alter table watch.finding drop constraint finding_detector_check;
alter table watch.finding add constraint finding_detector_check check (detector in ('new-peer', 'off-band', 'scan', 'trust'));
