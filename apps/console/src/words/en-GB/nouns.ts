/** The words for the closed lists of contracts: states, classes, roles and the rest. */
import type {
  Criticality,
  DetectorName,
  DeviceClass,
  DeviceState,
  EdgeKind,
  NodeKind,
  Role,
} from '@cityward/contracts';

export const states: Record<DeviceState, { word: string; means: string }> = {
  suspect: { word: 'Suspect', means: 'Takes part in an open incident; we think that it is not itself' },
  quarantined: { word: 'Quarantined', means: 'Its certificate is held or revoked; it cannot speak to the city' },
  contained: { word: 'Contained', means: 'Cut off by a containment that ends by itself' },
  watched: { word: 'Watched', means: 'Does something unusual; nobody has judged it yet' },
  unreachable: { word: 'Unreachable', means: 'Has not reported when it should have' },
  unknown: { word: 'Unknown', means: 'Has no certificate, or has never reported: we cannot say' },
  learning: { word: 'Learning', means: 'In its first 24 hours: its usual behaviour is not known yet' },
  trusted: { word: 'Trusted', means: 'Known, certified, and behaving as usual' },
};
export const classes: Record<DeviceClass, { one: string; many: string }> = {
  'street-light': { one: 'Street light', many: 'Street lights' },
  signal: { one: 'Traffic signal', many: 'Traffic signals' },
  crossing: { one: 'Crossing', many: 'Crossings' },
  camera: { one: 'Camera', many: 'Cameras' },
  'water-pump': { one: 'Water pump', many: 'Water pumps' },
  'water-tank': { one: 'Water tank', many: 'Water tanks' },
  'waste-bin': { one: 'Waste bin', many: 'Waste bins' },
  'air-sensor': { one: 'Air sensor', many: 'Air sensors' },
  'parking-sensor': { one: 'Parking sensor', many: 'Parking sensors' },
  'wifi-access-point': { one: 'Wi-Fi access point', many: 'Wi-Fi access points' },
  'bus-sign': { one: 'Bus sign', many: 'Bus signs' },
  'site-switch': { one: 'Site switch', many: 'Site switches' },
  'plant-controller': { one: 'Plant controller', many: 'Plant controllers' },
  other: { one: 'Other device', many: 'Other devices' },
};
export const criticalities: Record<Criticality, string> = {
  'life-safety': 'Life safety',
  essential: 'Essential',
  important: 'Important',
  routine: 'Routine',
};
export const roles: Record<Role, { name: string; may: string }> = {
  administrator: { name: 'Administrator', may: 'Invites people, gives roles, issues codes' },
  operator: { name: 'Operator', may: 'Contains, revokes, imports' },
  analyst: { name: 'Analyst', may: 'Judges situations, opens incidents' },
  officer: { name: 'Officer', may: 'Signs what changes devices; given outside the console' },
  auditor: { name: 'Auditor', may: 'Reads everything and exports evidence' },
};
export const edges: Record<EdgeKind, string> = {
  power: 'Power',
  telecom: 'Telecom',
  water: 'Water',
  control: 'Control',
  reach: 'Network reach',
  'data-flow': 'Data flow',
  responsibility: 'Responsibility',
  location: 'Location',
  service: 'Service',
};
export const nodes: Record<NodeKind, string> = {
  party: 'Party',
  site: 'Site',
  network: 'Network',
  device: 'Device',
  service: 'Service',
  dataset: 'Data set',
};
export const detectors: Record<DetectorName, string> = {
  'new-peer': 'New peer',
  'off-band': 'Outside its band',
  scan: 'Scan',
};
