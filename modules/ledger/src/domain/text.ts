/** Each fact as one plain English sentence, for people who read the ledger. */
import type { FactType } from '@cityward/contracts';
import type { Json } from '@cityward/kernel';
import type { Body } from './body.ts';

type Fact = Pick<Body, 'actor' | 'subject' | 'data' | 'type' | 'personal'>;

const REASON_MAX_CHARS = 200;
const cut = (text: string): string => (text.length > REASON_MAX_CHARS ? `${text.slice(0, REASON_MAX_CHARS)}…` : text);

const textIn = (data: Fact['data'], name: string): string | null => {
  const value = data[name];
  return typeof value === 'string' && value !== '' ? cut(value) : null;
};
const countIn = (data: Fact['data'], name: string): number | null => {
  const value: Json | undefined = data[name];
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
};
const reason = ({ data }: Fact): string => {
  const said = textIn(data, 'reason');
  return said ? `: ${said}` : '';
};
const titled = ({ data, subject }: Fact): string => {
  const title = textIn(data, 'title') ?? textIn(data, 'text') ?? textIn(data, 'summary');
  return title ? `${subject} (${title})` : subject;
};
const recipient = ({ data }: Fact): string => textIn(data, 'recipient') ?? 'a recipient';
const devices = ({ data }: Fact): string => {
  const count = countIn(data, 'devices') ?? countIn(data, 'count');
  if (count === null) return '';
  return count === 1 ? ', 1 device' : `, ${count} devices`;
};
const until = ({ data }: Fact): string => {
  const end = data['until'];
  return typeof end === 'number' && Number.isSafeInteger(end) && end > 0 && end < 8.64e15
    ? ` until ${new Date(end).toISOString().slice(0, 16).replace('T', ' ')} UTC`
    : '';
};
const leading = ({ data }: Fact): string => {
  const level = textIn(data, 'level');
  return level ? ` to ${level}` : '';
};
const runs = ({ data }: Fact): string => {
  const running = textIn(data, 'running');
  return running ? `; it runs ${running}` : '';
};
const switches = ({ data }: Fact): string => {
  const count = countIn(data, 'switches');
  if (count === null) return '';
  return count === 1 ? ' for 1 switch' : ` for ${count} switches`;
};
const plug = ({ data }: Fact): string => {
  const [nas, port] = [textIn(data, 'nas'), textIn(data, 'port')];
  return nas ? ` at switch ${nas}${port ? ` port ${port}` : ''}` : '';
};
const inVlan = ({ data }: Fact): string => {
  const vlan = countIn(data, 'vlan');
  return vlan === null ? '' : `, VLAN ${vlan}`;
};
const times = ({ data }: Fact): string => {
  const count = countIn(data, 'times') ?? 1;
  return count === 1 ? '' : ` ${count} times`;
};
const atDoor = ({ data }: Fact): string => {
  const [way, code] = [textIn(data, 'way'), textIn(data, 'code')];
  return code ? ` (${way ? `${way}: ` : ''}${code})` : '';
};
const who = ({ actor }: Fact): string => (actor === 'system' ? 'Cityward' : actor);

const SENTENCES: { readonly [Type in FactType]: (fact: Fact) => string } = {
  'evidence.recorded': (f) => `${who(f)} stated about ${f.subject}: ${textIn(f.data, 'text') ?? 'nothing'}`,
  'evidence.exported': (f) =>
    `${who(f)} exported ${countIn(f.data, 'entries') ?? 'some'} entries as an evidence pack about ${f.subject}`,
  'city.founded': (f) => `${who(f)} founded the city ${f.subject}${devices(f)}`,
  'inventory.imported': (f) => `${who(f)} imported inventory ${titled(f)}${devices(f)}`,
  'inventory.import-undone': (f) => `${who(f)} undid the import ${f.subject}${reason(f)}`,
  'device.changed': (f) => `${who(f)} changed what is known of device ${f.subject}${reason(f)}`,
  'policy.loaded': (f) => `${who(f)} loaded the policy ${f.subject}`,
  'policy.evaluation-failed': (f) => `A policy failed to evaluate and so denied: ${f.subject}${reason(f)}`,
  'authority.created': (f) => `${who(f)} created the certificate authority ${f.subject}`,
  'device.enrolled': (f) => `Device ${f.subject} enrolled and received its certificate`,
  'device.re-enrolled': (f) => `Device ${f.subject} renewed its certificate`,
  'enrolment-code.issued': (f) => `${who(f)} issued enrolment codes for ${f.subject}${devices(f)}`,
  'device.held': (f) => `${who(f)} held device ${f.subject}${until(f)}${reason(f)}`,
  'device.released': (f) => `${who(f)} released device ${f.subject}${reason(f)}`,
  'device.revoked': (f) => `${who(f)} revoked the certificate of device ${f.subject} for good${reason(f)}`,
  'device.ended': (f) => `${who(f)} ended the identity of device ${f.subject}${reason(f)}`,
  'trust.changed': (f) => `Trust in ${f.subject} changed${leading(f)}${reason(f)}`,
  'trust.restored': (f) =>
    f.data['of'] === 'service'
      ? `${who(f)} took back what calls of service ${f.subject} showed${reason(f)}`
      : `${who(f)} took back that device ${f.subject} lied${reason(f)}`,
  'dormancy.warned': (f) => `${f.subject} has not been seen for long and will end${reason(f)}`,
  'dormancy.spared': (f) => `${f.subject} has not been seen for too long, but was not ended${reason(f)}`,
  'dormancy.ended': (f) => `${f.subject} was not seen for too long and was ended${reason(f)}`,
  'device.discovered': (f) => `An unknown device asked to be let in and was kept out: ${f.subject}${reason(f)}`,
  'discovery.dismissed': (f) => `${who(f)} put aside the discovery ${f.subject}${reason(f)}`,
  'maker-root.pinned': (f) => `${who(f)} pinned a root of maker ${f.subject} for factory certificates`,
  'maker-root.removed': (f) => `${who(f)} removed a root of maker ${f.subject}${reason(f)}`,
  'enrolment.waiting': (f) => `Device ${f.subject} asked for a certificate and waits for a person${reason(f)}`,
  'enrolment.approved': (f) => `${who(f)} approved the enrolment of device ${f.subject}${reason(f)}`,
  'enrolment.refused': (f) => `${who(f)} refused the enrolment of device ${f.subject}${reason(f)}`,
  'network.registered': (f) => `${who(f)} gave the network ${titled(f)} an identity${devices(f)}`,
  'network.changed': (f) => `${who(f)} said anew which devices network ${f.subject} may speak for${devices(f)}`,
  'network.enrolled': (f) => `Network ${f.subject} enrolled and received its certificate`,
  'network.re-enrolled': (f) => `Network ${f.subject} renewed its certificate`,
  'network.held': (f) => `${who(f)} held network ${f.subject}${until(f)}${reason(f)}`,
  'network.released': (f) => `${who(f)} released network ${f.subject}${reason(f)}`,
  'network.revoked': (f) => `${who(f)} revoked the certificate of network ${f.subject} for good${reason(f)}`,
  'network.ended': (f) => `${who(f)} ended the identity of network ${f.subject}${reason(f)}`,
  'network.certificate-revoked': (f) => `Network ${f.subject} had one of its certificates revoked`,
  'acme.binding-issued': (f) => `${who(f)} issued a secret that binds an ACME account to network ${f.subject}`,
  'acme.account-opened': (f) => `Network ${f.subject} opened its ACME account`,
  'acme.key-changed': (f) => `Network ${f.subject} changed the key of its ACME account`,
  'acme.account-closed': (f) => `Network ${f.subject} closed its ACME account`,
  'radius.set-up': (f) => `${who(f)} set up the RADIUS server${switches(f)}${reason(f)}`,
  'radius-certificate.reminded': (f) => `Somebody has to renew a certificate of the RADIUS server${reason(f)}`,
  'vlans.set': (f) => `${who(f)} set which class of devices belongs in which VLAN`,
  'device.joined': (f) => `Device ${f.subject} joined the network${plug(f)}${inVlan(f)}`,
  'device.moved': (f) =>
    textIn(f.data, 'how') === 'ended'
      ? `The session of device ${f.subject} was ended${plug(f)}${reason(f)}`
      : `Device ${f.subject} was moved${plug(f)}${inVlan(f)}`,
  'device.move-failed': (f) => `Device ${f.subject} could not be moved${plug(f)}${inVlan(f)}${reason(f)}`,
  'reporter.refused': (f) => `What ${f.subject} sent was refused${times(f)}${atDoor(f)}`,
  'person.invited': (f) => `${who(f)} invited person ${f.subject}`,
  'person.registered': (f) => `${who(f)} entered person ${f.subject} from a register`,
  'person.signed-in': (f) => `Person ${f.subject} signed in`,
  'person.sign-in-refused': (f) =>
    `${countIn(f.data, 'refused') ?? 'Some'} attempts to sign in were refused${reason(f)}`,
  'person.signed-out': (f) => `Person ${f.subject} signed out`,
  'person.roles-set': (f) => `${who(f)} set the roles of person ${f.subject}`,
  'person.disabled': (f) => `${who(f)} disabled person ${f.subject}`,
  'post.added': (f) => `${who(f)} wrote down where person ${f.subject} works`,
  'post.ended': (f) => `${who(f)} ended where person ${f.subject} works`,
  'passkey.added': (f) => `Person ${f.subject} added a passkey`,
  'passkey.shown': (f) => `Person ${f.subject} took the public key of a passkey for an officers document`,
  'recovery-codes.issued': (f) => `Recovery codes were issued to person ${f.subject}`,
  'recovery-code.used': (f) => `Person ${f.subject} signed in with a recovery code`,
  'link.issued': (f) => `A one-time sign-in link was issued for person ${f.subject}`,
  'service.registered': (f) => `${who(f)} registered the cloud service ${f.subject}`,
  'service.changed': (f) => `${who(f)} changed what cloud service ${f.subject} may reach or is known by`,
  'service.secret-issued': (f) => `${who(f)} made a new secret for cloud service ${f.subject}`,
  'service.code-issued': (f) => `${who(f)} issued a one-time code for cloud service ${f.subject}`,
  'service.certified': (f) => `Cloud service ${f.subject} received a certificate`,
  'service.ended': (f) => `${who(f)} ended the cloud service ${f.subject}${reason(f)}`,
  'service.refused': (f) => `Somebody who said to be cloud service ${f.subject} was refused${times(f)}${atDoor(f)}`,
  'person.bound': (f) => `Person ${f.subject} was bound to their account at the sign-in provider`,
  'person.unbound': (f) => `${who(f)} took the account at the sign-in provider from person ${f.subject}`,
  'access.asked': (f) => `${who(f)} asked for temporary access for person ${f.subject}`,
  'access.approved': (f) => `${who(f)} approved temporary access of person ${f.subject}`,
  'access.refused': (f) => `${who(f)} refused temporary access of person ${f.subject}`,
  'access.begun': (f) => `Temporary access of person ${f.subject} began`,
  'access.used': (f) => `Person ${who(f)} used temporary access to device ${f.subject}`,
  'access.ended': (f) => `Temporary access of person ${f.subject} ended, by ${who(f)}`,
  'finding.raised': (f) => `Something unusual was found: ${titled(f)}`,
  'finding.dismissed': (f) => `${who(f)} dismissed the finding ${f.subject}${reason(f)}`,
  'situation.opened': (f) => `A situation was opened: ${titled(f)}${devices(f)}`,
  'situation.grown': (f) => `A situation grew: ${titled(f)}${devices(f)}`,
  'situation.dismissed': (f) => `${who(f)} dismissed the situation ${f.subject}${reason(f)}`,
  'incident.opened': (f) => `${who(f)} opened incident ${titled(f)}`,
  'incident.noted': (f) => `${who(f)} noted in incident ${titled(f)}`,
  'incident.closed': (f) => `${who(f)} closed incident ${f.subject}${reason(f)}`,
  'containment.applied': (f) => `${who(f)} applied containment ${f.subject}${devices(f)}${until(f)}${reason(f)}`,
  'containment.confirmed': (f) => `Containment ${f.subject} was confirmed by ${who(f)}`,
  'containment.failed': (f) => `Containment ${f.subject} failed${reason(f)}`,
  'containment.undone': (f) => `${who(f)} undid containment ${f.subject}${reason(f)}`,
  'containment.ended': (f) => `Containment ${f.subject} ended by itself`,
  'officers.pinned': (f) => `The first officers were pinned: ${f.subject}`,
  'officers.changed': (f) => `The officers changed to version ${f.subject}`,
  'artifact.added': (f) => `${who(f)} added ${titled(f)} for devices`,
  'configuration.wanted': (f) => `${who(f)} said how devices are to be configured: ${titled(f)}${reason(f)}`,
  'change.planned': (f) => `${who(f)} planned change ${titled(f)}${devices(f)}`,
  'change.signed': (f) => `Officer ${who(f)} signed change ${f.subject}`,
  'change.started': (f) => `${who(f)} started change ${f.subject}`,
  'change.wave-opened': (f) => `A wave of change ${f.subject} was opened${devices(f)}`,
  'change.paused': (f) => `Change ${f.subject} was paused by ${who(f)}${reason(f)}`,
  'change.resumed': (f) => `${who(f)} resumed change ${f.subject}${reason(f)}`,
  'change.stopped': (f) => `Change ${f.subject} was stopped by ${who(f)}${reason(f)}`,
  'change.rolled-back': (f) => `Change ${f.subject} is rolled back by ${who(f)}${reason(f)}`,
  'change.finished': (f) => `Change ${f.subject} ended${devices(f)}`,
  'change.ended-for-device': (f) => `Device ${f.subject} is done with a change${reason(f)}${runs(f)}`,
  'change.refused-by-device': (f) => `Device ${f.subject} refused what it was told to do${reason(f)}`,
  'change.explained-by-device': (f) => `Device ${f.subject} said why a change failed${reason(f)}`,
  'device.wiped': (f) => `Device ${f.subject} was erased, and ${f.actor} signed for it${reason(f)}`,
  'fleet.frozen': (f) => `Changes are frozen for ${f.subject}${until(f)}${reason(f)}`,
  'fleet.thawed': (f) => `Changes go on for ${f.subject}`,
  'baseline.scanned': (f) => `${who(f)} asked devices how they are set up${devices(f)}`,
  'baseline.judged': (f) => `Device ${f.subject} was judged against the baseline${reason(f)}`,
  'baseline.excepted': (f) => `${who(f)} excepted ${f.subject} from the baseline${until(f)}${reason(f)}`,
  'baseline.exception-ended': (f) => `An exception from the baseline ended for ${f.subject}${reason(f)}`,
  'baseline.reading-refused': (f) => `A reading by ${who(f)} about ${f.subject} was refused${reason(f)}`,
  'credentials.rotated': (f) => `Device ${f.subject} got new ${textIn(f.data, 'what') ?? 'credentials'}`,
  'fleet.downgraded': (f) => `Device ${f.subject} went back to older firmware${reason(f)}`,
  'gate.checked': (f) =>
    `The commissioning check "${textIn(f.data, 'check') ?? 'unnamed'}" of device ${f.subject} is ${textIn(f.data, 'state') ?? 'not known'}${reason(f)}`,
  'gate.excepted': (f) =>
    `${who(f)} excepted device ${f.subject} from the check "${textIn(f.data, 'check') ?? 'unnamed'}"${until(f)}${reason(f)}`,
  'gate.exception-withdrawn': (f) =>
    `${who(f)} withdrew the exception of device ${f.subject} from the check "${textIn(f.data, 'check') ?? 'unnamed'}"${reason(f)}`,
  'device.handed-over': (f) => `${who(f)} handed device ${f.subject} over to the city, with a signed certificate`,
  'firmware-track.set': (f) => `${who(f)} set the firmware that is wanted on ${f.subject}${reason(f)}`,
  'device.replaced': (f) => `${who(f)} replaced device ${f.subject} in its place by other hardware${reason(f)}`,
  'replacement.ended': (f) =>
    `The hardware that took the place of device ${f.subject} has come in with its own identity`,
  'replacement.undone': (f) => `${who(f)} took the replacement of device ${f.subject} back${reason(f)}`,
  'retirement.begun': (f) => `${who(f)} began to retire device ${f.subject}${reason(f)}`,
  'device.retired': (f) =>
    `Device ${f.subject} was retired; that its memory is erased is ${textIn(f.data, 'wiped') ?? 'not known'}${reason(f)}`,
  'device.stolen': (f) => `${who(f)} reported device ${f.subject} stolen; it is blocked${reason(f)}`,
  'stolen-device.seen': (f) => `Device ${f.subject}, reported stolen, tried to come in and was refused${reason(f)}`,
  'record.put': (f) => `${who(f)} stored a record of ${f.subject}`,
  'record.viewed': (f) => `${who(f)} looked at a record of ${f.subject}`,
  'record.refused': (f) => `${who(f)} was not let see a record of ${f.subject}`,
  'records.put': (f) => `${who(f)} stored records of ${f.subject}`,
  'records.destroyed': (f) => `${who(f)} had records of ${f.subject} destroyed`,
  'record.restricted': (f) => `${who(f)} restricted a record of ${f.subject}`,
  'record.used-again': (f) => `${who(f)} let a record of ${f.subject} be used again`,
  'record.sealed': (f) => `A record of ${f.subject} was sealed`,
  'record.fell-due': (f) => `The time for which a record of ${f.subject} is kept was over`,
  'hold.asked': (f) => `${who(f)} asked for a legal hold on records of ${f.subject}`,
  'hold.set': (f) => `${who(f)} set a legal hold on records of ${f.subject}`,
  'hold.lift-asked': (f) => `${who(f)} asked for a legal hold on records of ${f.subject} to be lifted`,
  'hold.lifted': (f) => `${who(f)} lifted a legal hold on records of ${f.subject}`,
  'hold.lapsed': (f) => `A legal hold on records of ${f.subject} lapsed: no second officer set it`,
  'unsealing.asked': (f) => `${who(f)} asked for sealed records of ${f.subject} to be opened${reason(f)}`,
  'unsealing.opened': (f) =>
    `${who(f)} opened sealed records of ${f.subject}, by ${textIn(f.data, 'reference') ?? 'no order'}${reason(f)}`,
  'unsealing.ended': (f) => `What was opened of sealed records of ${f.subject} is sealed again`,
  'unsealing.lapsed': (f) => `Opening sealed records of ${f.subject} lapsed: no second officer approved it`,
  'copies.purged': (f) => `Every copy of destroyed records of ${f.subject} was ended`,
  'records.archived': (f) => `Records of ${f.subject} were moved to the archive`,
  'copy.noted': (f) => `${who(f)} noted that ${recipient(f)} has copies of records of ${f.subject}`,
  'recipient.registered': (f) => `${who(f)} registered recipient ${f.subject} with its key`,
  'recipient.asked': (f) => `${recipient(f)} was asked to delete what it has of ${f.subject}`,
  'recipient.reminded': (f) => `${recipient(f)} was reminded to delete what it has of ${f.subject}`,
  'recipient.silent': (f) => `${recipient(f)} did not answer that it deleted what it has of ${f.subject}`,
  'recipient.answered': (f) => `${recipient(f)} signed what became of its copies of records of ${f.subject}`,
  'destruction.certified': (f) => `${who(f)} certified destruction ${f.subject}`,
  'record.destroyed': (f) => `${who(f)} had a record of ${f.subject} destroyed`,
  'record.exported': (f) => `${who(f)} exported from a record of ${f.subject}`,
  'export.asked': (f) => `${who(f)} asked for the export ${f.subject}`,
  'export.released': (f) => `${who(f)} released the export ${f.subject}`,
  'export.refused': (f) => `${who(f)} refused or withdrew the export ${f.subject}`,
  'export.fetched': (f) => `${who(f)} fetched the encrypted file of the export ${f.subject}`,
  'export.traced': (f) => `${who(f)} looked for whose export of ${f.subject} some rows come from`,
  'picture.traced': (f) =>
    f.subject === 'nobody'
      ? `${who(f)} looked in a picture for a hidden mark and found none`
      : `${who(f)} found out whose copy a picture of a record of ${f.subject} is`,
  'consent.given': (f) => `${who(f)} gave a consent of ${f.subject}`,
  'data.taken-out': (f) => `${who(f)} took along what is held about ${f.subject}`,
  'exposure.asked': (f) => `${who(f)} asked whose data was touched${reason(f)}`,
  'exposure.told': (f) => `${who(f)} had the people of ${f.subject} told`,
  'data.exposed': (f) => `${f.subject} was told that an incident touched data about them${reason(f)}`,
  'consent.handed-on': (f) => `${who(f)} handed a consent of ${f.subject} on`,
  'blind.turned-on': (f) => `${f.subject} chose that the city cannot read their records`,
  'blind.turned-off': (f) => `${f.subject} lets the city read their records again`,
  'blind.sealed': (f) => `Records of ${f.subject} were made such that the city cannot read them`,
  'blind.shared': (f) => `${who(f)} gave somebody the keys of records of ${f.subject}`,
  'blind.asked': (f) => `${who(f)} asked those who hold shares for ${f.subject}`,
  'blind.released': (f) => `${who(f)} released their shares for ${f.subject}`,
  'blind.key-kept': (f) => `${who(f)} made a key of their own`,
  'blind.key-wrapped': (f) => `${who(f)} let one more passkey open their own key`,
  'blind.key-replaced': (f) => `${who(f)} made a new key of their own in the place of one that was lost`,
  'blind.shares-renewed': (f) => `${who(f)} gave shares of their keys anew`,
  'blind.recovery-ended': (f) => `${who(f)} ended asking for their own key`,
  'consent.asked': (f) => `${who(f)} asked ${f.subject} to let them see records`,
  'consent.ask-closed': (f) => `${who(f)} answered or withdrew a request to see records of ${f.subject}`,
  'consent.receipt-issued': (f) => `The receipt of an earlier consent of ${f.subject} was issued`,
  'consent.taken-back': (f) => `${who(f)} took a consent of ${f.subject} back`,
  'life.proposed': (f) => `${who(f)} proposed to record a change in the life of ${f.subject}`,
  'life.changed': (f) => `${who(f)} recorded a change in the life of ${f.subject}`,
  'life.turned-sixteen': (f) => `${f.subject} turned sixteen and decides alone`,
  'care.reported': (f) => `${who(f)} reported that ${f.subject} is in care`,
  'care.ended': (f) => `${who(f)} reported that care of ${f.subject} ended`,
  'glass.broken': (f) => `${who(f)} broke the glass for ${f.subject}: an emergency`,
  'glass.refused': (f) => `${who(f)} was not let break the glass for ${f.subject}`,
  'glass.alarmed': (f) => `An emergency that ${f.subject} opened is to be looked at first`,
  'glass.ended': (f) => `${who(f)} ended the emergency of ${f.subject}`,
  'glass.reviewed': (f) => `${who(f)} reviewed the emergency of ${f.subject}`,
  'request.received': (f) => `${who(f)} made a request about what is held about ${f.subject}`,
  'request.extended': (f) => `${who(f)} made the time to answer a request of ${f.subject} longer`,
  'request.reminded': (f) => `A request of ${f.subject} is soon due`,
  'request.overdue': (f) => `A request of ${f.subject} was not answered in time`,
  'request.answered': (f) => `${who(f)} answered a request of ${f.subject}`,
  'request.withdrawn': (f) => `${who(f)} took a request of ${f.subject} back`,
  'notice.given': (f) => `${f.subject} was told about what is held about them`,
  'vault.begun': (f) =>
    `The vault began ${f.subject}${f.data['putBack'] === null ? '' : ', since something was put back'}`,
  'vault.opened': (f) => `The vault was opened in ${f.subject} by the word of ${textIn(f.data, 'by') ?? 'somebody'}`,
  'copy.found': (f) => `a copy that nobody registered was found: ${f.subject}`,
  'vault.backed-up': (f) => `${who(f)} had the vault backed up: ${f.subject}`,
  'vault.restored': (f) => `${who(f)} restored the vault from backup ${f.subject}${reason(f)}`,
  'vault.erased': (f) => `${who(f)} had all keys of ${f.subject} destroyed${reason(f)}`,
  'backup-key.destroyed': (f) =>
    `The backup key of week ${f.subject} was destroyed: no key backup of that week opens any more`,
  'replay.started': (f) => `${who(f)} began to replay recorded traffic ${titled(f)}`,
  'replay.ended': (f) => `The replay ${f.subject} ended`,
  'server.started': () => 'Cityward started',
  'server.stopped': () => 'Cityward stopped',
};

const isKnown = (type: string): type is FactType => Object.hasOwn(SENTENCES, type);

/** One sentence. Of a personal fact it uses only the pseudonymous ids, nothing of the data. */
export function describeFact(fact: Fact): string {
  const shown = fact.personal ? { ...fact, data: {} } : fact;
  return isKnown(fact.type) ? SENTENCES[fact.type](shown) : `${who(fact)}: ${fact.type} of ${fact.subject}`;
}
