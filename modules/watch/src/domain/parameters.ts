/** Every threshold and limit of the three detectors: fixed once, for every city, device and data set. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@cityward/kernel';

/** Hours from a device's first observation during which it is "learning". */
export const LEARNING_HOURS = 24;

/** Hours of history kept per device: a fortnight holds ten working days and four days of weekend. */
export const RING_HOURS = 14 * 24;

/** Clocks: an observation further from its receipt than this is taken to have happened when it was received, and says so. */
export const CLOCK_AHEAD_MAX_MS = 2 * MINUTE_MS;
export const CLOCK_BEHIND_MAX_MS = DAY_MS;
/** An hour is closed for devices that say nothing once it has been over for this long. */
export const HOUR_GRACE_MS = 5 * MINUTE_MS;
/** How many of a device's last observations are remembered to drop a second delivery of the same one. */
export const RECENT_KEPT = 8;

/** off-band: robust deviations (1.4826 MAD, in octaves) from the median of the hour before a value is outside. */
export const BAND_DEVIATIONS = 6;
/** off-band: and how far beyond the largest deviation of the last fortnight it must be. */
export const BAND_RECORD_FACTOR = 1.25;
/** off-band: no band is narrower than this many octaves per deviation (11 %): steadier than that nobody can be asked to be. */
export const BAND_DEVIATION_MIN = 0.15;
/** off-band: days of the same kind and hour before there is a band at all; a band of n days is (1 + 3/n) times as wide. */
export const BAND_DAYS_MIN = 2;
export const BAND_FEW_DAYS = 3;
/** off-band: a working day or weekend has its own band once this many of it are known, else all days are taken together. */
export const BAND_OWN_DAYS_MIN = 3;
/** off-band: hours after which a device's deviations are worked out anew. */
export const BAND_REFRESH_HOURS = 24;
/** off-band: silence is judged only where at least this much an hour was expected. */
export const SILENCE_EXPECTED_MIN = 12;
/** off-band: when more of the always-on devices than this share (and at least so many) fall silent in the same hour, the fault lies on the way to us. */
export const SILENCE_SHARE_MAX = 0.2;
export const SILENCE_TOGETHER_MIN = 8;
/** off-band: a finding of the running hour grows in steps of this factor, not with every packet. */
export const BAND_GROWTH_STEP = 1.05;
/** off-band: four octaves above the band is an alarm, less a warning. */
export const BAND_ALARM_OCTAVES = 4;
/** off-band and scan: hours of quiet after which the same thing again is a new finding. */
export const EPISODE_GAP_MS = DAY_MS;

/** scan: failed first contacts (targets or ports) and their share of all first contacts, within the window. */
export const SCAN_FAILED_MIN = 8;
export const SCAN_FAILED_SHARE_MIN = 0.3;
/** scan: contacts are counted over this hour and the one before, so that whatever happens within any hour is seen together. */
export const SCAN_WINDOW_MS = HOUR_MS;
/** scan: this many failed contacts make it an alarm, fewer a warning. */
export const SCAN_ALARM_FAILED = 16;
export const SCAN_TRACKS_MAX = 4_096;
export const SCAN_TARGETS_MAX = 128;

/** new-peer: peers kept per device; those that are usual for the kind make room first. */
export const PEERS_PER_DEVICE = 24;
/** new-peer: beyond this many peers a kind is open-ended (say a web proxy), where "new" means nothing. */
export const PEERS_PER_KIND_MAX = 4_096;
/** new-peer: a kind that found new outside peers on this many of the last 14 days it learned is open-ended too. */
export const OPEN_KIND_DAYS = 3;
export const OPEN_KIND_WINDOW_DAYS = 14;
/** new-peer: the first days of a kind say nothing about how often it finds new peers. */
export const OPEN_KIND_SETTLE_HOURS = 48;
/** new-peer: an inside address and port that this share of all settled kinds use (names, time) is for everybody. */
export const COMMON_SERVICE_SHARE = 0.5;
export const COMMON_SERVICE_KINDS_MIN = 3;
/** new-peer: findings of one device that name one peer each, per day; further ones are gathered by port, then in one. */
export const PEER_FINDINGS_PER_DAY = 8;
export const PORT_FINDINGS_PER_DAY = 16;

/** Endpoints of private addresses without an inventory record that are watched as well; the longest unseen makes room. */
export const UNLISTED_MAX = 4_096;
/** Open findings held in memory, and what has been dismissed; the oldest make room. */
export const FINDINGS_HELD_MAX = 10_000;
export const KNOWN_HELD_MAX = 50_000;
/** Peers named in one finding. */
export const PEERS_NAMED_MAX = 32;
