/** Words of the page about records that only their owner can read, in both languages. */
import type { BLIND_PRICE } from '@cityward/contracts';
import type { Language } from './index.ts';

type Price = (typeof BLIND_PRICE)[number];
export interface PrivateWords {
  readonly title: string;
  readonly lead: string;
  readonly link: string;
  readonly needsScript: string;
  readonly isOn: string;
  readonly isOff: string;
  readonly sealing: (n: number) => string;
  readonly turningOff: (n: number) => string;
  readonly price: string;
  readonly priceLead: string;
  readonly parts: Readonly<Record<Price, string>>;
  readonly backups: (weeks: number) => string;
  readonly holders: string;
  readonly holdersWhy: string;
  readonly numbers: string;
  readonly numbersHint: string;
  readonly needed: string;
  readonly turnOn: string;
  readonly twice: string;
  readonly records: string;
  readonly open: string;
  readonly share: string;
  readonly shareWhy: string;
  readonly giveKeys: string;
  readonly nobody: string;
  readonly given: string;
  readonly givenNone: string;
  readonly givenWhy: string;
  readonly ownKey: string;
  readonly ownKeyWhy: string;
  readonly keep: string;
  readonly haveKey: string;
  readonly asks: string;
  readonly asksWhy: string;
  readonly recovery: (who: string) => string;
  readonly emergency: (who: string, whose: string) => string;
  readonly compare: string;
  readonly release: string;
  readonly released: string;
  readonly glass: string;
  readonly askHolders: string;
  readonly glassOf: (whose: string) => string;
  readonly safety: string;
  readonly sheet: string;
  readonly sheetWhy: string;
  readonly restore: string;
  readonly restoreLabel: string;
  readonly restoreAct: string;
  readonly askRecovery: string;
  readonly finishRecovery: (n: number, needed: number) => string;
  readonly finish: string;
  readonly cancel: string;
  readonly turnOff: string;
  readonly turnOffWhy: string;
  readonly handBack: string;
  readonly shown: string;
  readonly say: Readonly<Record<string, string>>;
}

const en: PrivateWords = {
  title: 'Records that only I can read',
  lead: 'You may choose that the city keeps your records without being able to read them. Read what it costs first.',
  link: 'Records that only I can read',
  needsScript: 'This page needs a script and a passkey: your key is made and used in your browser alone.',
  isOn: 'The city cannot read your records. Your passkey opens them, here.',
  isOff: 'The city can read your records, as far as its rules let it.',
  sealing: (n) => `${n} of your records are still being locked. Nobody sees them until then.`,
  turningOff: (n) => `You are handing your records back. ${n} are still locked.`,
  price: 'What it costs',
  priceLead: 'Tick each one. All of them come with the choice; none can be left out.',
  parts: {
    'no-view-only':
      '“May look, may not keep” cannot be promised. Whoever you let see a record gets it in their own browser, and could keep it. Taking back stops the next look, not a copy.',
    'no-search': 'The city’s computer cannot search your records or use them to help you.',
    'no-pictures': 'Records are not drawn as marked pictures, so a leaked copy cannot be traced.',
    'lost-for-ever':
      'If you lose every passkey, your sheet, and those who hold shares, your records are lost for ever. Nobody can bring them back.',
    'slow-emergency':
      'In an emergency a doctor alone sees nothing. Those you name must agree together first, which takes time you may not have. If you name nobody, no doctor sees anything.',
    'nobody-acts': 'Nobody who acts for you, now or later, can open them: no guardian, no attorney, no executor.',
    'trust-the-page':
      'You trust this page and the moment a record is stored: the city’s computer has it in its hands for that moment, and sends your browser the page that uses your key.',
  },
  backups: (weeks) => `Copies in backups made before today stay readable to the city for up to ${weeks} weeks.`,
  holders: 'Who together can help',
  holdersWhy:
    'Name people who hold a share each. Enough of them together can open records in an emergency, or give you your key back. One alone can do nothing. Each needs a key of their own first.',
  numbers: 'Their numbers, one on each line',
  numbersHint: 'Leave it empty to name nobody.',
  needed: 'How many of them must agree (at least 2)',
  turnOn: 'Lock my records so that only I can read them',
  twice: 'Your passkey asks you more than once: to make your key, and to sign the choice.',
  records: 'My records',
  open: 'Open',
  share: 'Whom I let see them',
  shareWhy:
    'A consent alone opens nothing here: you give the keys too, from this browser. Whoever has them could keep a copy. New records need their keys given again.',
  giveKeys: 'Give the keys',
  nobody: 'You let nobody see your records at present.',
  given: 'Locked records of others that I may open',
  givenNone: 'Nobody has given you keys.',
  givenWhy: 'You were given these to look at. Do not keep them longer than you were told you may.',
  ownKey: 'My own key',
  ownKeyWhy: 'You need one to lock your records, to be given keys by others, or to hold shares for them.',
  keep: 'Make a key of my own',
  haveKey: 'You have a key. Read these groups to whoever wants to be sure that it is yours:',
  asks: 'Shares that are asked of me',
  asksWhy: 'Release a share only when you are sure who asks. Call them, and compare the groups of the key.',
  recovery: (who) => `${who} lost what opens their own key and asks for your share of it.`,
  emergency: (who, whose) => `${who} asks to see records of ${whose} in an emergency.`,
  compare: 'Key of whoever asks',
  release: 'Release my share',
  released: 'You released your share.',
  glass: 'Emergencies of mine',
  askHolders: 'Ask those who hold shares',
  glassOf: (whose) => `An emergency of ${whose} is open.`,
  safety: 'If I lose my passkey',
  sheet: 'Show the sheet with my key',
  sheetWhy: 'Print it and keep it safe: whoever has the sheet can read your records.',
  restore: 'I lost my passkey',
  restoreLabel: 'The key on my sheet',
  restoreAct: 'Let this passkey open my key',
  askRecovery: 'Ask those who hold shares',
  finishRecovery: (n, needed) => `${n} of ${needed} have released their share.`,
  finish: 'Put my key together',
  cancel: 'Stop asking',
  turnOff: 'Let the city read my records again',
  turnOffWhy: 'Your browser hands the keys back, one by one. Keep this page open until it is done.',
  handBack: 'Hand the keys back',
  shown: 'Opened in this browser. The city sent only a locked copy.',
  say: {
    working: 'Working. Your passkey may ask you to confirm.',
    failed: 'That did not work. Nothing was changed.',
    'no-prf': 'This passkey cannot keep a key. Make a new one under “My sign-in”, on a newer device or browser.',
    'no-key': 'This passkey does not open your key. Use the one that you made it with.',
    price: 'Tick every point of the price first.',
    holder: 'One of these people has no key of their own yet, or the number is wrong.',
    needed: 'Name at least two, and say how many must agree: two or more, and no more than you named.',
    opened: 'Opened.',
    'not-opened': 'It does not open with your key.',
    shared: 'The keys were given.',
    'nothing-to-share': 'There is nothing new to give.',
    'no-key-there': 'They have no key of their own yet. Ask them to make one on this page.',
    done: 'Done.',
    RECORD_NOT_SEEN: 'There is none that you may see so.',
    NOT_SEALED_TO_YOU: 'Its owner has not given you its key yet.',
    QUORUM_NOT_REACHED: 'Not enough of those who hold shares have agreed yet.',
    NOT_BLIND_YET: 'It is still being locked. Try again in a moment.',
    BLIND_ASKED: 'They were asked already.',
    BLIND_NO_HOLDERS: 'Nobody holds shares.',
    BLIND_NEEDS_NAME: 'This consent is for a role. Give one to a person by name.',
  },
};

const mi: PrivateWords = {
  title: 'Ngā mauhanga ka taea e au anake te pānui',
  lead: 'Ka taea e koe te kōwhiri kia tiakina ō mauhanga e te tāone, engari kāore e taea e ia te pānui. Pānuitia te utu i te tuatahi.',
  link: 'Ngā mauhanga ka taea e au anake te pānui',
  needsScript: 'Me whai hōtuhi me te kīuru tēnei whārangi: ka hangaia, ka whakamahia tō kī i tō pūtirotiro anake.',
  isOn: 'Kāore e taea e te tāone ō mauhanga te pānui. Mā tō kīuru e huaki i konei.',
  isOff: 'Ka taea e te tāone ō mauhanga te pānui, i raro i ōna ture.',
  sealing: (n) => `E ${n} o ō mauhanga kei te rakaina tonu. Kāore tētahi e kite kia oti rā anō.`,
  turningOff: (n) => `Kei te whakahoki koe i ō mauhanga. E ${n} kei te raka tonu.`,
  price: 'Te utu',
  priceLead: 'Tohua ia mea. Ka haere tahi te katoa me te kōwhiringa.',
  parts: {
    'no-view-only':
      'Kāore e taea te kī taurangi “titiro anake, kaua e pupuri”. Ka tae te mauhanga ki te pūtirotiro o te tangata i whakaaetia e koe, ā, ka taea e ia te pupuri. Mā te tango mai e aukati te tirohanga e whai ake, kaua te kape.',
    'no-search': 'Kāore e taea e te rorohiko o te tāone te rapu i roto i ō mauhanga.',
    'no-pictures': 'Kāore ngā mauhanga e tāngia hei whakaahua whai tohu, nō reira kāore e kitea nā wai te kape i tuku.',
    'lost-for-ever':
      'Ki te ngaro katoa ō kīuru, tō puka, me te hunga pupuri wāhanga, ka ngaro ō mauhanga mō ake tonu atu. Kāore e taea te whakahoki.',
    'slow-emergency':
      'I te ohotata, kāore te tākuta anake e kite i tētahi mea. Me whakaae tahi te hunga i whakaingoatia e koe, ā, ka roa tērā. Ki te kore koe e whakaingoa, kāore tētahi tākuta e kite.',
    'nobody-acts': 'Kāore e taea e te hunga e mahi ana mōu te huaki: kaitiaki, rōia, kaiwhakahaere wira rānei.',
    'trust-the-page':
      'Ka whakapono koe ki tēnei whārangi me te wā e rokirokia ai te mauhanga: kei ngā ringa o te rorohiko o te tāone i taua wā, ā, nāna te whārangi e whakamahi ana i tō kī.',
  },
  backups: (weeks) => `Ka taea tonu e te tāone ngā kape tārua o mua te pānui mō te ${weeks} wiki te roa.`,
  holders: 'Ko wai ka āwhina tahi',
  holdersWhy:
    'Whakaingoatia ngā tāngata ka pupuri i tētahi wāhanga. Mā te tokomaha o rātou e huaki ngā mauhanga i te ohotata, e whakahoki rānei i tō kī. Kāore e taea e te tangata kotahi. Me whai kī ia tangata i te tuatahi.',
  numbers: 'Ō rātou tau, kotahi ki ia rārangi',
  numbersHint: 'Waiho kia wātea mēnā kāore he tangata.',
  needed: 'Tokohia me whakaae (2 neke atu)',
  turnOn: 'Rakaina ō mauhanga kia taea e au anake te pānui',
  twice: 'Ka uiui tō kīuru i a koe neke atu i te kotahi: hei hanga i tō kī, hei haina i te kōwhiringa.',
  records: 'Aku mauhanga',
  open: 'Huakina',
  share: 'Ko wai ka taea te kite',
  shareWhy:
    'Kāore te whakaaetanga anake e huaki: me tuku hoki e koe ngā kī i tēnei pūtirotiro. Ka taea e te kaipupuri kī te pupuri kape. Me tuku anō ngā kī mō ngā mauhanga hou.',
  giveKeys: 'Tukua ngā kī',
  nobody: 'Kāore koe e tuku ana i tētahi kia kite ināianei.',
  given: 'Ngā mauhanga raka a ētahi atu ka taea e au te huaki',
  givenNone: 'Kāore anō tētahi kia tuku kī ki a koe.',
  givenWhy: 'I tukua ēnei kia tirohia e koe. Kaua e pupuri mō te roa atu i te mea i whakaaetia.',
  ownKey: 'Taku ake kī',
  ownKeyWhy:
    'Me whai kī koe hei raka i ō mauhanga, kia tukua mai ngā kī e ētahi atu, hei pupuri wāhanga rānei mō rātou.',
  keep: 'Hangaia taku ake kī',
  haveKey: 'He kī tāu. Pānuitia ēnei rōpū ki te hunga e hiahia ana kia mōhio nāu:',
  asks: 'Ngā wāhanga e tonoa ana i ahau',
  asksWhy:
    'Tukua anake tētahi wāhanga ina mōhio pū koe ko wai te kaitono. Waea atu, ka whakataurite i ngā rōpū o te kī.',
  recovery: (who) => `Kua ngaro i a ${who} te mea huaki i tana kī, ā, e tono ana i tō wāhanga.`,
  emergency: (who, whose) => `E tono ana a ${who} kia kite i ngā mauhanga a ${whose} i te ohotata.`,
  compare: 'Te kī o te kaitono',
  release: 'Tukua taku wāhanga',
  released: 'Kua tukua tō wāhanga.',
  glass: 'Aku ohotata',
  askHolders: 'Tono ki te hunga pupuri wāhanga',
  glassOf: (whose) => `Kei te tuwhera tētahi ohotata mō ${whose}.`,
  safety: 'Mēnā ka ngaro taku kīuru',
  sheet: 'Whakaaturia te puka me taku kī',
  sheetWhy: 'Tāngia, ka tiaki: ka taea e te tangata kei a ia te puka ō mauhanga te pānui.',
  restore: 'Kua ngaro taku kīuru',
  restoreLabel: 'Te kī kei taku puka',
  restoreAct: 'Tukua tēnei kīuru kia huaki i taku kī',
  askRecovery: 'Tono ki te hunga pupuri wāhanga',
  finishRecovery: (n, needed) => `E ${n} o te ${needed} kua tuku i ō rātou wāhanga.`,
  finish: 'Whakakotahitia taku kī',
  cancel: 'Kāti te tono',
  turnOff: 'Tukua te tāone kia pānui anō i aku mauhanga',
  turnOffWhy:
    'Ka whakahokia ngā kī e tō pūtirotiro, tētahi i muri i tētahi. Waiho te whārangi kia tuwhera kia oti rā anō.',
  handBack: 'Whakahokia ngā kī',
  shown: 'I huakina i tēnei pūtirotiro. He kape raka anake i tukua mai e te tāone.',
  say: {
    working: 'Kei te mahi. Tērā pea ka uiui tō kīuru.',
    failed: 'Kāore i oti. Kāore he mea i panoni.',
    'no-prf':
      'Kāore e taea e tēnei kīuru te pupuri kī. Hangaia he mea hou i te wāhanga takiuru, i tētahi pūrere hou ake.',
    'no-key': 'Kāore tēnei kīuru e huaki i tō kī. Whakamahia te mea i hangaia ai.',
    price: 'Tohua ia wāhanga o te utu i te tuatahi.',
    holder: 'Kāore anō tētahi o ēnei tāngata kia whai kī, kei te hē rānei te tau.',
    needed: 'Whakaingoatia kia rua neke atu, ka kī mai tokohia me whakaae.',
    opened: 'Kua huakina.',
    'not-opened': 'Kāore e huaki ki tō kī.',
    shared: 'Kua tukua ngā kī.',
    'nothing-to-share': 'Kāore he mea hou hei tuku.',
    'no-key-there': 'Kāore anō rātou kia whai kī. Tonoa kia hanga i tēnei whārangi.',
    done: 'Kua oti.',
    RECORD_NOT_SEEN: 'Kāore he mea ka taea e koe te kite pērā.',
    NOT_SEALED_TO_YOU: 'Kāore anō te kaipupuri kia tuku i te kī ki a koe.',
    QUORUM_NOT_REACHED: 'Kāore anō kia tokomaha te hunga kua whakaae.',
    NOT_BLIND_YET: 'Kei te rakaina tonu. Whakamātau anō ā taihoa nei.',
    BLIND_ASKED: 'Kua tonoa kētia rātou.',
    BLIND_NO_HOLDERS: 'Kāore he tangata pupuri wāhanga.',
    BLIND_NEEDS_NAME: 'Mō tētahi tūranga tēnei whakaaetanga. Tukua tētahi ki te tangata ā-ingoa.',
  },
};

export const PRIVATE: Readonly<Record<Language, PrivateWords>> = { en, mi };
