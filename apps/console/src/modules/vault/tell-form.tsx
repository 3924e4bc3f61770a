/** Tells everybody whom something touched: the draft, changed until nothing stands in brackets. */
import { useState, type ReactNode } from 'react';
import { Textarea } from '@mantine/core';
import { EXPOSURE_TEXT_MAX_CHARS, type Exposure } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';

const said = words.touching;
const TEXT_MIN = 20;
const BRACKETS = /\[[^\]]*\]/u;

interface Props {
  readonly one: Exposure;
  readonly onClose: () => void;
}
export function TellForm({ one, onClose }: Props): ReactNode {
  const [text, setText] = useState(one.groups[0]?.draft ?? '');
  const [tried, setTried] = useState(false);
  const act = useAct('tellExposed', { refresh: ['listExposures', 'listExposed'], done: onClose });
  const hasBrackets = BRACKETS.test(text);
  const isWhole = text.trim().length >= TEXT_MIN && !hasBrackets;
  const submit = (): void => {
    setTried(true);
    if (isWhole) act.mutate({ params: { id: one.id }, body: { text: text.trim() } });
  };
  const say = { effect: said.tellEffect, yes: said.tell(one.people), wanted: said.wantedTell };
  return (
    <ActForm {...say} act={act} onSubmit={submit} onClose={onClose}>
      <Textarea
        label={said.text}
        description={said.textHelp}
        value={text}
        maxLength={EXPOSURE_TEXT_MAX_CHARS}
        autosize
        minRows={8}
        error={tried && !isWhole ? (hasBrackets ? said.brackets : said.textHelp) : null}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </ActForm>
  );
}
