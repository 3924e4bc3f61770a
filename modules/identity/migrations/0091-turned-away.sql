-- Stations that were sent to quarantine without proof, each with the device that it says it is: that device's next good
-- certificate ends their session, so that they join anew.
create table identity.turned_away (
  nas text not null check (length(nas) between 2 and 45),
  station text not null check (length(station) between 1 and 64),
  device text not null,
  user_name text not null check (length(user_name) <= 253),
  port text check (length(port) <= 64),
  acct_session text check (length(acct_session) <= 253),
  -- The certificate that it should have joined with when it was turned away; null: none was good enough.
  stood text,
  -- The certificate for which its session was ended last, and how often.
  asked_for text,
  tries integer not null check (tries >= 0),
  -- False from when its session was ended until it is turned away again.
  waiting boolean not null,
  at bigint not null,
  primary key (nas, station)
);
