/** The closed lists of the city's language (GLOSSARY.md says what each word means). */
export const DEVICE_CLASSES = [
  'street-light',
  'signal',
  'crossing',
  'camera',
  'water-pump',
  'water-tank',
  'waste-bin',
  'air-sensor',
  'parking-sensor',
  'wifi-access-point',
  'bus-sign',
  'site-switch',
  'plant-controller',
  'other',
] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];

/** Worst first: a cluster shows the first that any of its devices has. */
export const DEVICE_STATES = [
  'suspect',
  'quarantined',
  'contained',
  'watched',
  'unreachable',
  'unknown',
  'learning',
  'trusted',
] as const;
export type DeviceState = (typeof DEVICE_STATES)[number];

export const CRITICALITIES = ['life-safety', 'essential', 'important', 'routine'] as const;
export type Criticality = (typeof CRITICALITIES)[number];

export const PARTY_KINDS = ['city', 'department', 'integrator', 'maker', 'clinic', 'agency'] as const;
export type PartyKind = (typeof PARTY_KINDS)[number];

export const SERVICE_KINDS = [
  'street-lighting',
  'traffic',
  'crossings',
  'cctv',
  'water',
  'waste',
  'air-quality',
  'parking',
  'wifi',
  'bus-information',
  'hospital',
  'clinic',
  'dialysis',
  'fire',
  'police',
] as const;
export type ServiceKind = (typeof SERVICE_KINDS)[number];

/** What one thing needs or gives another: `from` depends on, reaches, feeds or answers to `to`. */
export const EDGE_KINDS = [
  'power',
  'telecom',
  'water',
  'control',
  'reach',
  'data-flow',
  'responsibility',
  'location',
  'service',
] as const;
export type EdgeKind = (typeof EDGE_KINDS)[number];

export const NODE_KINDS = ['party', 'site', 'network', 'device', 'service', 'dataset'] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

/** Roles that a person holds until somebody takes them away. */
export const STANDING_ROLES = ['administrator', 'operator', 'analyst', 'officer', 'auditor'] as const;
export type StandingRole = (typeof STANDING_ROLES)[number];
/** Roles that nobody holds for good: only through temporary access, for named sites or devices, until its end. */
export const TEMPORARY_ROLES = ['vendor', 'installer'] as const;
export type TemporaryRole = (typeof TEMPORARY_ROLES)[number];
export const ROLES = [...STANDING_ROLES, ...TEMPORARY_ROLES] as const;
export type Role = (typeof ROLES)[number];

/** Who somebody is to the city: who runs it, whose records it holds, and who looks after those people elsewhere. */
export const PERSON_KINDS = ['staff', 'resident', 'professional'] as const;
export type PersonKind = (typeof PERSON_KINDS)[number];
/** What professionals do. */
export const PROFESSIONS = ['doctor', 'nurse', 'midwife', 'pharmacist', 'dentist', 'social-worker'] as const;
export type Profession = (typeof PROFESSIONS)[number];

/** What can have an identity, and so a level of trust. */
export const IDENTITY_KINDS = ['device', 'person', 'service', 'network'] as const;
export type IdentityKind = (typeof IDENTITY_KINDS)[number];

/** What trust is made of. */
export const TRUST_KINDS = ['firmware', 'baseline', 'behaviour', 'advisories', 'certificate', 'dormancy'] as const;
export type TrustKind = (typeof TRUST_KINDS)[number];

/** `unknown`: nothing is known that would make a level. Never good: it counts as `reduced` where a rank is asked for. */
export const TRUST_LEVELS = ['full', 'reduced', 'low', 'none', 'unknown'] as const;
export type TrustLevel = (typeof TRUST_LEVELS)[number];
/** Networks that are identities of their own: the gateway of a site, what others run and only pass on, and who guards the plugs. */
export const NETWORK_KINDS = ['site-gateway', 'lorawan-network', 'mobile-apn', 'radius-server'] as const;
export type NetworkKind = (typeof NETWORK_KINDS)[number];

/** What a cloud service may be let to: each is one reading action of policy; for `care` it says who is in care, for `clips` it stores clips of cameras. */
export const DATA_SETS = ['city', 'devices', 'incidents', 'evidence', 'changes', 'care', 'clips'] as const;
export type DataSet = (typeof DATA_SETS)[number];

/** How an observation reached us. */
export const GATEWAYS = ['mqtt', 'http', 'syslog', 'zeek', 'history'] as const;
export type Gateway = (typeof GATEWAYS)[number];

export const DETECTORS = ['new-peer', 'off-band', 'scan', 'trust'] as const;
export type DetectorName = (typeof DETECTORS)[number];

/** What a file can state about a device; each of its columns means one of these, or nothing. */
export const IMPORT_FIELDS = [
  'name',
  'class',
  'serial',
  'mac',
  'ip',
  'model',
  'maker',
  'firmware',
  'hardwareRevision',
  'street',
  'site',
  'ward',
  'lat',
  'lon',
  'installed',
  'owner',
  'maintainer',
  'installer',
  'criticality',
  'failSafe',
  'backup',
  'neverCut',
  'sourceId',
] as const;

/** Why a sign-in ended. */
export type SessionEnd =
  | 'signed-out'
  | 'idle'
  | 'expired'
  | 'replaced'
  | 'roles-changed'
  | 'disabled'
  | 'too-many'
  | 'access-ended'
  | 'account-disconnected';

/** What a record may be. */
export const RECORD_MEDIA = [
  'application/fhir+json',
  'application/json',
  'application/pdf',
  'image/png',
  'image/jpeg',
  'video/mp4',
  'video/webm',
  'video/x-motion-jpeg',
] as const;
export type RecordMedia = (typeof RECORD_MEDIA)[number];
/** Clips: kept only where a class says when they end; only those that are pictures one after the other are drawn. */
export const CLIP_MEDIA = ['video/mp4', 'video/webm', 'video/x-motion-jpeg'] as const;
export type ClipMedia = (typeof CLIP_MEDIA)[number];
export const isClip = (media: RecordMedia): media is ClipMedia => CLIP_MEDIA.some((one) => one === media);

/** What a consent lets somebody do. Reading as text is a right of its own: what is read so can be copied. */
export const RIGHTS = ['view', 'text', 'annotate', 'copy', 'print', 'export', 'store'] as const;
export type Right = (typeof RIGHTS)[number];

/** As what a person works at an organisation: what a consent to a role names. */
export const POST_ROLES = [
  'doctor',
  'nurse',
  'midwife',
  'dentist',
  'pharmacist',
  'therapist',
  'technician',
  'receptionist',
  'manager',
  'social-worker',
  'researcher',
] as const;
export type PostRole = (typeof POST_ROLES)[number];

/** Why data is used: codes of HL7 v3 PurposeOfUse. */
export const PURPOSES = ['TREAT', 'ETREAT', 'HPAYMT', 'HOPERAT', 'HRESCH', 'PUBHLTH', 'FAMRQT', 'PATRQT'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** What the one who sees it must not do: codes of HL7 v3 RefrainPolicy and ObligationPolicy. */
export const REFRAINS = ['NOPERSISTP', 'DELAU', 'NORDSCLCD', 'NOREUSE'] as const;
export type Refrain = (typeof REFRAINS)[number];

/** Versions of FHIR that a consent is written in and read from. */
export const FHIR_VERSIONS = ['r4', 'r5'] as const;
export type FhirVersion = (typeof FHIR_VERSIONS)[number];
