/** A value to copy, with a button that says when it is done. */
import type { ReactNode } from 'react';
import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import { words } from '../words/en-GB.ts';
import { IconCheck, IconCopy } from './icons.ts';

export const Copyable = ({ value, label }: { readonly value: string; readonly label: string }): ReactNode => (
  <span className="cw-copy">
    <code>{value}</code>
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? words.copied : words.copy(label)}>
          <ActionIcon variant="subtle" color="gray" size={26} aria-label={words.copy(label)} onClick={copy}>
            {copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  </span>
);
