/** What can be asked of Cityward: each route and topic names one of these actions, and policy decides by it. */

/** Cedar entity types of principals and resources. */
export const PRINCIPAL_TYPES = ['Anonymous', 'Person', 'Device', 'Network', 'Service'] as const;
export type PrincipalType = (typeof PRINCIPAL_TYPES)[number];
export const RESOURCE_TYPES = ['City', 'Device', 'Topic', 'Person', 'Incident', 'Evidence', 'Record'] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];

/** Each action and the one type of resource that it is asked about. */
export const ACTIONS = {
  openShell: 'City',
  signIn: 'City',
  readHealth: 'City',
  readMetrics: 'City',
  readSession: 'City',
  readCaCertificates: 'City',
  readRevocations: 'City',
  readCheckpoint: 'Evidence',
  readApiDescription: 'City',
  enrol: 'Device',
  reEnrol: 'Device',
  enrolNetwork: 'City',
  configureRadius: 'City',
  askNetworkAccess: 'City',
  joinNetwork: 'Device',
  readCity: 'City',
  readDevice: 'Device',
  subscribeLive: 'City',
  readJobs: 'City',
  retryJob: 'City',
  importInventory: 'City',
  undoImport: 'City',
  issueEnrolmentCode: 'Device',
  revokeDevice: 'Device',
  releaseDevice: 'Device',
  endDevice: 'Device',
  commissionDevice: 'Device',
  exceptGateCheck: 'Device',
  replaceDevice: 'Device',
  retireDevice: 'Device',
  reportStolen: 'Device',
  restoreTrust: 'Device',
  restoreServiceTrust: 'City',
  pinMaker: 'City',
  judgeEnrolment: 'City',
  manageNetworks: 'City',
  dismissFinding: 'City',
  dismissSituation: 'City',
  openIncident: 'City',
  readIncident: 'Incident',
  annotateIncident: 'Incident',
  closeIncident: 'Incident',
  previewContainment: 'Incident',
  applyContainment: 'Incident',
  undoContainment: 'Incident',
  readEvidence: 'Evidence',
  exportEvidence: 'Evidence',
  recordEvidence: 'Evidence',
  readPeople: 'City',
  readProfessionals: 'City',
  invitePerson: 'City',
  setRoles: 'Person',
  disablePerson: 'Person',
  readPosts: 'Person',
  keepPosts: 'Person',
  manageSelf: 'Person',
  reissueLink: 'City',
  readServiceKeys: 'City',
  askToken: 'City',
  certifyService: 'City',
  readServices: 'City',
  manageServices: 'City',
  readAccess: 'City',
  askAccess: 'Person',
  judgeAccess: 'Person',
  endAccess: 'Person',
  replayObservations: 'City',
  readChanges: 'City',
  addArtifact: 'City',
  planChange: 'City',
  signChange: 'City',
  steerChange: 'City',
  takeChange: 'Device',
  carryChange: 'Device',
  readBaseline: 'City',
  readDeviceBaseline: 'Device',
  scanBaseline: 'City',
  exceptBaseline: 'City',
  askRecord: 'City',
  useBlind: 'City',
  readVault: 'City',
  manageVault: 'City',
  viewRecord: 'Record',
  destroyRecord: 'Record',
  restrictRecord: 'Record',
  putRecord: 'Person',
  readHoldings: 'Person',
  giveConsent: 'Person',
  handOnConsent: 'City',
  askConsent: 'City',
  takeBackConsent: 'Person',
  takeOut: 'Person',
  tracePicture: 'City',
  askWhoseData: 'City',
  tellExposed: 'City',
  recordLife: 'Person',
  setWishes: 'Person',
  askRight: 'Person',
  readDesk: 'City',
  askExport: 'City',
  releaseExport: 'City',
  readExports: 'City',
  fetchExport: 'City',
  traceExport: 'City',
  askGlass: 'City',
  breakGlass: 'Person',
  reviewGlass: 'City',
  reportCare: 'City',
  answerRequest: 'City',
  readRegister: 'City',
  eraseRecords: 'Person',
  putRecords: 'City',
  readHolds: 'City',
  judgeHold: 'City',
  unsealRecords: 'City',
  readDestructions: 'City',
  verifyDestruction: 'City',
  readRecipients: 'City',
  keepRecipients: 'City',
  takeReceipt: 'City',
  publish: 'Topic',
  subscribe: 'Topic',
  reportAbout: 'Device',
} as const satisfies Record<string, ResourceType>;
export type ActionName = keyof typeof ACTIONS;

export type EntityAttributes = { readonly [name: string]: string | number | boolean | readonly string[] };

/** Who asks, as Cedar sees it. */
export interface Principal {
  readonly type: PrincipalType;
  readonly id: string;
  /** Role names for persons; empty for others. */
  readonly roles: readonly string[];
  readonly attributes: EntityAttributes;
}

/** About what. */
export interface Resource {
  readonly type: ResourceType;
  readonly id: string;
  readonly attributes: EntityAttributes;
}

export const ANONYMOUS: Principal = { type: 'Anonymous', id: 'nobody', roles: [], attributes: {} };
export const THE_CITY: Resource = { type: 'City', id: 'city', attributes: {} };
