/** The words around the records in te reo Māori: sign-in, errors, help. */
import type { Words } from './en.ts';

type Around = Pick<Words, 'language' | 'nav' | 'errors' | 'signIn' | 'me' | 'sheet' | 'emergency' | 'help' | 'footer'>;

export const around: Around = {
  language: { name: 'Te reo Māori', switchTo: 'Ngā whārangi i te reo Māori', label: 'Reo' },
  nav: {
    label: 'Ngā whārangi',
    service: 'Aku mauhanga',
    home: 'Ko wai ka kite',
    held: 'He aha e puritia ana',
    looks: 'Ko wai i titiro',
    shared: 'Kua tuaritia ki ahau',
    notices: 'Ngā pānui',
    me: 'Taku takiuru',
    help: 'Āwhina',
    signOut: 'Takiputa',
    skip: 'Peke ki te kaupapa matua',
    back: 'Hoki',
    more: 'Ētahi atu',
  },
  errors: {
    heading: 'He raruraru kei konei',
    title: (page) => `Hapa: ${page}`,
    notFound: 'Kāore te whārangi i kitea',
    notFoundWhy: 'Kāore he mea i konei hei kite māu. Kei te hē pea te wāhitau, kua mutu rānei tērā i konei.',
    gone: 'Kua whakangarohia tēnei mauhanga',
    goneWhy: 'Kua whakangarohia ōna kī. Kāore e taea e tētahi te pānui anō, kāore hoki e taea e te tāone.',
    altered: 'Kāore e taea tēnei mauhanga te whakaatu',
    alteredWhy: 'Ehara te mea e rongoa ana i te mea i whakatakotoria. Kua whakamōhiotia te tāone.',
    refused: 'Kāore koe e āhei ki tēnei',
    refusedWhy: 'Kāore ngā ture a te tāone e tuku i a koe kia mahi i tēnei. Kei te pukapuka te whakakāhoretanga.',
    own: 'Hangaia i te tuatahi tētahi huarahi māu ake',
    ownWhy:
      'I uru mai koe mā tētahi hononga i hangaia e te tāone. Kia kite i ngā mauhanga, kia tuku rānei i ētahi atu kia kite, tāpirihia he kīuru, hangaia rānei he whārangi waehere, takiputa, kātahi ka takiuru mā tērā.',
    late: 'I roa rawa te whārangi e tuwhera ana',
    lateWhy: 'Kāore he mea i mahia. Hoki, utaina anō te whārangi, ka mahi anō.',
    invalid: 'Kāore i taea tēnei',
    invalidWhy: 'I hē tētahi mea i tukuna mai. Kāore he mea i mahia.',
    away: 'Kāore te ratonga e whakautu ana ināianei',
    awayWhy: 'Kāore he mea i mahia. Whakamātau anō ā muri i ētahi meneti.',
    tooMany: 'He nui rawa ngā whakamātau',
    tooManyWhy: 'Tatari mō ētahi meneti, kātahi ka whakamātau anō.',
    number: (id) => `Ki te tono āwhina koe, hoatu tēnei tau: ${id}`,
  },
  signIn: {
    title: 'Takiuru kia kite ko wai ka kite i ō mauhanga',
    lead: 'Tirohia ngā mea e puritia ana e te tāone mōu, tukuna tētahi kia kite, ā, tangohia anō.',
    code: 'He waehere nō tō whārangi',
    codeHint:
      'Hei tauira 7k2m9-c0q4x-1ab3d-5efgh. Kotahi anake te whakamahinga o ia waehere. Tapahia ina mutu te whakamahi.',
    byCode: 'Takiuru mā te waehere',
    byPasskey: 'Takiuru mā te kīuru',
    passkeyHint: 'Mā tō waea, mā tēnei rorohiko, mā tētahi kī haumaru rānei.',
    passkeyNeeds: 'Me whai JavaScript te takiuru mā te kīuru. Ka mahi te waehere o tō whārangi me te kore.',
    byAccount: (host) => `Takiuru mā tō pūkete i ${host}`,
    byLink: 'Takiuru mā te hononga',
    linkLead: 'Kua huakina e koe tētahi hononga i hangaia e te tāone māu. Kotahi anake te whakamahinga.',
    empty: 'Tāurua tētahi waehere nō tō whārangi',
    wrong: 'Kāore tēnei waehere i te mōhiotia. Tirohia tō whārangi, whakamahia tētahi kāore anō kia tapahia',
    wrongLink: 'Kua whakamahia kētia tēnei hononga, kua mutu rānei. Tonoa he hononga hou i te tāone',
    notConnected:
      'Nō te kore tangata i konei tēnei pūkete. Takiuru mā tētahi atu huarahi, kātahi ka hono i raro i “Taku takiuru”',
    accountOver: 'Kua mutu te whakamātau, kāore rānei i tīmata i tēnei pūtirotiro. Tīmata anō',
    accountAway: 'Kāore te kaiwhakarato o tō pūkete e whakautu ana. Takiuru mā tētahi atu huarahi',
    passkeyFailed: 'Kāore te kīuru i whakaaetia. Whakamātau anō, whakamahia rānei tētahi waehere',
    go: 'Kua takiuru koe',
    goOn: 'Haere tonu',
    lost: 'Kua ngaro taku whārangi waehere',
    lostWhy:
      'Haere ki tētahi tēpu ratonga a te tāone me tētahi tuhinga e whakaatu ana ko wai koe. Ka hangaia e rātou he huarahi hou māu; ka mutu ngā waehere tawhito.',
  },
  me: {
    title: 'Taku takiuru',
    passkeys: 'Ngā kīuru',
    passkeysHave: (n) => (n === 0 ? 'Kāore ō kīuru.' : `Ō kīuru: ${n}.`),
    add: 'Tāpirihia he kīuru',
    added: 'Kua tāpirihia te kīuru. Ka taea te takiuru mā tērā ināianei.',
    failed: 'Kāore te kīuru i tāpirihia. Whakamātau anō.',
    needs: 'Me whai JavaScript te tāpiri kīuru. Ka mahi te whārangi waehere me te kore.',
    sheet: 'Whārangi waehere',
    sheetHave: (n) => (n === 0 ? 'Kāore ō waehere e toe ana.' : `Ngā waehere e toe ana i tō whārangi: ${n}.`),
    make: 'Hangaia he whārangi hou',
    makeWhy: 'Ka mutu ngā waehere o te whārangi o mua.',
    account: 'Pūkete',
    connect: (host) => `Honoa taku pūkete i ${host}`,
    disconnect: 'Momotuhia taku pūkete',
    connected: 'Kua honoa he pūkete.',
    session: (when) => `Kei te takiuru koe tae noa ki te ${when} te roa rawa.`,
  },
  sheet: {
    title: 'Tō whārangi waehere hou',
    lead: 'Tāngia tēnei whārangi, tuhia rānei ngā waehere, ka tiaki pērā i te kī o tō whare. Kotahi anake te whakaaturanga.',
    once: 'Kotahi te takiurunga mā ia waehere. Tapahia ina mutu te whakamahi.',
    done: 'Kua tiakina e au',
  },
  emergency: {
    outcomes: { justified: 'i tika', 'not-justified': 'kāore i tika' },
    title: 'Urunga ohotata',
    lead: 'Mehemea kei te mōrearea te ora, ā, kāore e taea te ui ki te tangata.',
    notYet: 'Kāore te urunga ohotata i te tuwhera ki a koe.',
    notYetWhy: 'Tonoa te tangata, tērā rānei e tū ana mōna.',
  },
  help: {
    title: 'Āwhina',
    sections: [
      [
        'He aha tēnei',
        'Kei te puritia e te tāone ngā mauhanga mōu i rongoatia e tētahi whare hauora, e te tāone rānei. Māu e whakatau ko wai atu ka kite: ko wai, ko ēhea, mō te aha, tae noa ki āhea.',
      ],
      [
        'Ka taea e te tāone te aha te kite',
        'Kāore he kaiwhakahaere o te tāone e kite i ō mauhanga nā tō rātou tūranga anake. Kua whakamunatia ngā mauhanga, ā, me whai whakaaetanga ia tirohanga, me whai ture rānei ka whakaingoatia ki a koe. Engari ko te tangata kei a ia te mana o te rorohiko a te tāone e mahi ana, ka taea e ia te pānui ngā mea ka wetekina: he tepe tērā nō ngā ratonga pēnei katoa.',
      ],
      [
        'Ka aha ina tangohia anō, ā, he aha kāore e taea',
        'Kāore he paita kotahi e tukuna mai i te wā i whakaūngia ai te tangohanga. Ka pōuri te whārangi hono i roto i te 150 ms (te whāinga), ka pōuri te whārangi kua motu i roto i te 5 hēkona. Kāore e taea te whakahoki mai ngā mea kua kitea, kua whakaahuatia kē rānei. Mehemea i whakaae koe kia pupuri, kia tā, kia tuku atu rānei tētahi i tētahi tārua, kei waho tērā tārua i te ringa o te tāone; ka kīia ki a rātou kua tangohia anō e koe.',
      ],
      [
        'He aha e puritia ana e te ture',
        'Me pupuri te whare hauora i āna ake mauhanga mō ō tiaki hauora mō ngā tau tekau. Ka mutu te kite i konei ina tangohia anō te whakaaetanga. Kāore e whakangarohia ngā tuhinga a te whare hauora.',
      ],
      [
        'Ko wai i titiro',
        'Ka tuhia ia tirohanga me ia whakakāhoretanga i mua i te whakaaturanga. Ki te kore e taea te tuhi, kāore he mea e whakaaturia. Kāore e taea te tuhi anō me te kore e kitea: ka taea e te katoa te whakataurite ki te pukapuka tūmatanui a te tāone.',
      ],
      [
        'Mehemea kāore e taea e koe ēnei whārangi',
        'Ka āwhina tētahi tēpu ratonga a te tāone i a koe, ki te pepa hoki. Ka taea e tētahi tangata i whakaingoatia e koe te mahi mōu.',
      ],
      [
        'Mehemea he hē',
        'Kōrero ki te āpiha tūmataiti a te tāone, ki tētahi tēpu ratonga. Ki te kore te whakautu e āwhina, ka taea te amuamu ki te Kaikōmihana Matatapu, kāore he utu.',
      ],
    ],
  },
  footer: {
    help: 'Āwhina me ngā tepe pono',
    nothing:
      'Kāore tēnei whārangi e ui ki pae kē, kāore he pihikete atu i tō takiuru me tō reo, kāore hoki e tatau tangata.',
  },
};
