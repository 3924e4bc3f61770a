/** What an operator can do with a change: each act shows its effect and asks why. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import type { Change, ChangeDetail } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct, useNow } from '../../live/hooks.ts';
import { formatCount } from '../../ui/format.ts';
import { IconArrowBackUp, IconPlayerPause, IconPlayerPlay, IconPlayerStop } from '../../ui/icons.ts';
import { ReasonForm } from '../../ui/reason-form.tsx';
import type { Icon } from '../../ui/states.ts';
import { revertInWords, steeringsOf, type Steering } from './change-words.ts';
import { totalOf } from './wave-bars.ts';

const ENDPOINT = {
  start: 'startChange',
  pause: 'pauseChange',
  resume: 'resumeChange',
  stop: 'stopChange',
  rollBack: 'rollBackChange',
} as const satisfies Record<Steering, string>;
const ICON: Readonly<Record<Steering, Icon>> = {
  start: IconPlayerPlay,
  pause: IconPlayerPause,
  resume: IconPlayerPlay,
  stop: IconPlayerStop,
  rollBack: IconArrowBackUp,
};
const CHANGED = ['getChange', 'listChanges', 'listAttempts'] as const;

function effectOf(how: Steering, { change, plan }: ChangeDetail): string {
  switch (how) {
    case 'start':
      return words.steer.startEffect(plan.sentence, change.revert ? words.steer.mayPause : words.steer.mayNotReturn);
    case 'resume':
      return words.steer.resumeEffect(formatCount(totalOf(change.waves).failed));
    case 'rollBack':
      return words.steer.rollBackEffect(change.revert ? revertInWords(change.revert) : '');
    case 'pause':
      return words.steer.pauseEffect;
    case 'stop':
      return words.steer.stopEffect;
  }
}

interface FormProps {
  readonly how: Steering;
  readonly detail: ChangeDetail;
  readonly onClose: () => void;
}
function SteerForm({ how, detail, onClose }: FormProps): ReactNode {
  const steer = useAct(ENDPOINT[how], { refresh: CHANGED, done: onClose });
  return (
    <ReasonForm
      act={words.steer[how]}
      wanted={words.wanted[ENDPOINT[how]]}
      effect={<p>{effectOf(how, detail)}</p>}
      danger={how === 'rollBack' || how === 'stop'}
      busy={steer.isPending}
      error={steer.error}
      onSubmit={(reason) => steer.mutate({ params: { id: detail.change.id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

const variantOf = (how: Steering): string => (how === 'start' || how === 'resume' ? 'filled' : 'default');

interface Props {
  readonly detail: ChangeDetail;
  /** As the live stream says it, which may be newer than the detail. */
  readonly state: Change['state'];
}
export function ChangeActs({ detail, state }: Props): ReactNode {
  const mayAct = useRole('operator');
  const now = useNow();
  const [open, setOpen] = useState<Steering | null>(null);
  const close = (): void => setOpen(null);
  if (!mayAct) return <p className="cw-muted cw-small">{words.steer.noRole}</p>;
  const { change } = detail;
  return (
    <>
      {state === 'planned' && !change.signed.complete && (
        <span className="cw-muted cw-small">{words.steer.notSigned}</span>
      )}
      {steeringsOf({ state, revert: change.revert }, now).map((how) => {
        const Sign = ICON[how];
        return (
          <Button
            key={how}
            variant={variantOf(how)}
            disabled={how === 'start' && !change.signed.complete}
            leftSection={<Sign size={16} aria-hidden />}
            onClick={() => setOpen(how)}
          >
            {words.steer[how]}
          </Button>
        );
      })}
      <Modal
        opened={open !== null}
        onClose={close}
        title={open ? words.steer[open] : ''}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open && <SteerForm how={open} detail={detail} onClose={close} />}
      </Modal>
    </>
  );
}
