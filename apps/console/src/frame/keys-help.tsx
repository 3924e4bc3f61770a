/** All keys of the console on one card. */
import { Fragment, type ReactNode } from 'react';
import { Kbd, Modal } from '@mantine/core';
import { words } from '../words/en-GB.ts';
import { PAGES } from './pages.ts';

interface Line {
  readonly keys: readonly string[];
  readonly text: string;
}

const Keys = ({ title, lines }: { readonly title: string; readonly lines: readonly Line[] }): ReactNode => (
  <section>
    <h3 className="cw-small-head">{title}</h3>
    <dl className="cw-keys">
      {lines.map((line) => (
        <div key={line.text}>
          <dt>{line.text}</dt>
          <dd>
            {line.keys.map((key) => (
              <Fragment key={key}>
                <Kbd size="sm">{key}</Kbd>{' '}
              </Fragment>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  </section>
);

export const KeysHelp = ({
  opened,
  onClose,
}: {
  readonly opened: boolean;
  readonly onClose: () => void;
}): ReactNode => (
  <Modal
    opened={opened}
    onClose={onClose}
    title={words.keys.title}
    size="lg"
    closeButtonProps={{ 'aria-label': words.close }}
  >
    <div className="cw-keys-grid">
      <Keys title={words.keys.everywhere} lines={words.keys.general} />
      <Keys title={words.keys.goTo} lines={PAGES.map((page) => ({ keys: ['g', page.key], text: page.name }))} />
      <Keys title={words.keys.onMap} lines={words.keys.map} />
      <Keys title={words.keys.inInbox} lines={words.keys.inbox} />
    </div>
  </Modal>
);
