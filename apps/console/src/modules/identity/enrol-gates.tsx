/** Devices that are being commissioned, a card for each. */
import type { ReactNode } from 'react';
import { words } from '../../words/en-GB.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconChecklist } from '../../ui/icons.ts';
import { Card, CardSkeleton, Empty } from '../../ui/parts.tsx';
import { GateCard } from './gate-card.tsx';

export function Gates(): ReactNode {
  const gates = useAsk('listGates', {});
  return (
    <Answered query={gates} wanted={words.gate.wanted} skeleton={<CardSkeleton height={240} />}>
      {(answer) =>
        answer.gates.length === 0 ? (
          <Card>
            <Empty icon={IconChecklist} {...words.gate.empty} />
          </Card>
        ) : (
          <div className="cw-waiting">
            {answer.gates.map(({ device }) => (
              <GateCard key={device} id={device} title={device} />
            ))}
          </div>
        )
      }
    </Answered>
  );
}
