/** Answers a request by law, or makes its time longer; a refusal names the clause that lets it be. */
import { useState, type ReactNode } from 'react';
import { MultiSelect, NativeSelect, Radio, Textarea, TextInput } from '@mantine/core';
import type { RightRequest } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { DAY_MS, dayOf } from '../../ui/format.ts';
import type { Clauses } from './requests-tab.tsx';

const said = words.desk.requests;
const WORDS_MIN = 3;
const WORDS_MAX = 4_000;
const OUTCOMES = ['granted', 'partly', 'refused'] as const;
type Outcome = (typeof OUTCOMES)[number];
const REFRESH = ['listOpenRequests', 'countDesk'] as const;

interface Props {
  readonly one: RightRequest;
  readonly clauses: Clauses;
  readonly onClose: () => void;
}
const choiceOf = ({ id, ref, words: inWords }: Clauses[number]) => ({ value: id, label: `${ref}: ${inWords}` });
/** Clauses of the request's own law that say so of its kind. */
const fitting = ({ kind, regime }: RightRequest, clauses: Clauses, what: 'refuses' | 'extends') =>
  clauses.filter((one) => one.id.startsWith(`${regime}-`) && one[what].includes(kind)).map(choiceOf);

const Words = (props: {
  readonly value: string;
  readonly tried: boolean;
  readonly onChange: (text: string) => void;
}): ReactNode => (
  <Textarea
    label={said.words}
    description={said.wordsHelp}
    value={props.value}
    maxLength={WORDS_MAX}
    autosize
    minRows={3}
    error={props.tried && props.value.trim().length < WORDS_MIN ? said.tooShort : null}
    onChange={(event) => props.onChange(event.currentTarget.value)}
  />
);

export function AnswerForm({ one, clauses, onClose }: Props): ReactNode {
  const [outcome, setOutcome] = useState<Outcome>('granted');
  const [chosen, setChosen] = useState<string[]>([]);
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  const act = useAct('answerRequest', { refresh: REFRESH, done: onClose });
  const letting = fitting(one, clauses, 'refuses');
  const named = outcome === 'granted' ? [] : chosen;
  const isWhole = text.trim().length >= WORDS_MIN && (outcome === 'granted' || named.length > 0);
  const submit = (): void => {
    setTried(true);
    if (isWhole) act.mutate({ params: { id: one.id }, body: { outcome, clauses: named, words: text.trim() } });
  };
  const say = { effect: said.answerEffect, yes: said.yes, wanted: said.wantedAnswer };
  return (
    <ActForm {...say} act={act} onSubmit={submit} onClose={onClose}>
      <Radio.Group label={said.outcome} value={outcome} onChange={(value) => setOutcome(value as Outcome)}>
        <div className="cw-choices">
          {OUTCOMES.map((each) => (
            <Radio key={each} value={each} label={said.outcomes[each]} />
          ))}
        </div>
      </Radio.Group>
      {outcome !== 'granted' && (
        <MultiSelect
          label={said.clauses}
          description={letting.length === 0 ? said.noClauses : said.clausesHelp}
          data={letting}
          value={chosen}
          error={tried && chosen.length === 0 ? said.wantsClause : null}
          onChange={setChosen}
        />
      )}
      <Words value={text} tried={tried} onChange={setText} />
    </ActForm>
  );
}

/** The end of that day, as the clock of the law counts. */
const endOf = (day: string): number => new Date(`${day}T23:59:59`).getTime();

export function ExtendForm({ one, clauses, onClose }: Props): ReactNode {
  const letting = fitting(one, clauses, 'extends');
  const [clause, setClause] = useState('');
  const [day, setDay] = useState(dayOf(one.due + 14 * DAY_MS));
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  const act = useAct('extendRequest', { refresh: REFRESH, done: onClose });
  const until = endOf(day);
  const isWhole = clause !== '' && Number.isFinite(until) && text.trim().length >= WORDS_MIN;
  const submit = (): void => {
    setTried(true);
    if (isWhole) act.mutate({ params: { id: one.id }, body: { clause, until, words: text.trim() } });
  };
  const say = { effect: said.extendEffect, yes: said.extendYes, wanted: said.wantedExtend };
  return (
    <ActForm {...say} act={act} onSubmit={submit} onClose={onClose} disabled={letting.length === 0}>
      <NativeSelect
        label={said.extendClause}
        description={letting.length === 0 ? said.noExtension : undefined}
        data={[{ value: '', label: said.choose }, ...letting]}
        value={clause}
        error={tried && clause === '' ? said.wantsClause : null}
        onChange={(event) => setClause(event.currentTarget.value)}
      />
      <TextInput
        type="date"
        label={said.extendUntil}
        value={day}
        onChange={(event) => setDay(event.currentTarget.value)}
      />
      <Words value={text} tried={tried} onChange={setText} />
    </ActForm>
  );
}
