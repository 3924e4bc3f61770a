/** What a consent would mean, in te reo Māori: the sentences of the vault's preview, from their values. */
import type { Purpose } from '@cityward/contracts';
import type { Said } from './en-lists.ts';
import { forWhat } from './mi-lists.ts';

const DUTIES: Readonly<Record<string, string>> = {
  NOPERSISTP: 'Kaua rātou e pupuri ina mutu te titiro.',
  DELAU: 'Me muku e rātou ngā mea katoa ka mutu te whakamahi.',
  NORDSCLCD: 'Kaua rātou e tuku atu ki tētahi atu.',
  NOREUSE: 'Kaua rātou e whakamahi mō tētahi atu take.',
};

const SENTENCES: Readonly<Record<Said['about'], (said: Said) => string>> = {
  who: ({ whom, isPost }) =>
    `Ka āhei a ${whom} te kite. ${isPost ? 'Ka āhei hoki te hunga ka mahi ki reira ā muri, ā, kāore te hunga ka wehe.' : 'Kāore he tangata atu.'}`,
  what: ({ what }) => `Ko ō ${what} anake, me ngā mea ka tāpirihia ā muri.`,
  may: ({ rights }) => `Ka taea e rātou: ${rights}.`,
  'may-not': ({ rights, kind }) =>
    kind === 'enforced'
      ? `Kāore te tāone e tuku i a rātou ki ēnei: ${rights}.`
      : `Kaua rātou e mahi i ēnei: ${rights}. Kāore e taea e te tāone te aukati ina kite rātou; ko tā rātou haepapa tērā, ā, kua tuhia te hunga i titiro.`,
  purpose: ({ purpose }) =>
    `${forWhat(purpose as Purpose)} anake. Mō tētahi atu take, ka whakakāhoretia.`.replace(/^m/, 'M'),
  when: ({ from, until }) => `Mai i te ${from} tae noa ki te mutunga o te ${until}; kātahi ka mutu aunoa.`,
  uses: ({ uses }) => `Kia ${uses} te nui o ngā tirohanga i te katoa.`,
  'handing-on': ({ depth }) =>
    depth === 0
      ? 'Kāore e taea e rātou te tuku i tētahi atu kia kite.'
      : `Ka taea e rātou te tuku i ētahi atu o taua wāhi mahi kia kite, kia ${depth} te nui o ngā tukunga. Ka kite koe i a rātou katoa i konei, ā, ka mutu katoa i te mutunga o tēnei.`,
  duty: ({ refrain, english }) =>
    `${DUTIES[refrain] ?? english} Ko tā rātou haepapa tērā; kāore e taea e te tāone te kite mēnā ka tutuki.`,
  'taking-back': () =>
    'Ka taea e koe te tango anō i ngā wā katoa, kotahi te pātene, kāore he take e hiahiatia. Kāore he paita kotahi e tukuna mai i te wā i whakaūngia ai te tangohanga. Ka pōuri te whārangi hono i roto i te 150 ms (te whāinga), ka pōuri te whārangi kua motu i roto i te 5 hēkona.',
  'cannot-be-recalled': ({ rights }) =>
    `Kāore e taea te whakahoki mai ngā mea kua kitea, kua whakaahuatia kē rānei.${rights === '' ? '' : ' Kāore hoki ngā mea i tāruatia, i tāngia, i puritia rānei.'}`,
};

export const preview = (said: Said): string => SENTENCES[said.about](said);
