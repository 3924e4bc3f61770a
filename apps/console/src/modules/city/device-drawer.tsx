/** The drawer on the right: a device's card without losing the place; its id stands in the address. */
import type { ReactNode } from 'react';
import { Button, Drawer } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconArrowRight } from '../../ui/icons.ts';
import { RowsSkeleton } from '../../ui/parts.tsx';
import { DeviceCard } from './device-card.tsx';

function Inside({ id }: { readonly id: string }): ReactNode {
  const device = useAsk('getDevice', { params: { id } });
  return (
    <Answered query={device} wanted={words.wanted.device} skeleton={<RowsSkeleton rows={10} />}>
      {(answer) => (
        <div className="cw-stack">
          <p className="cw-drawer-name">{answer.device.name}</p>
          <DeviceCard device={answer.device} />
          <Button
            renderRoot={(props) => <Link {...props} to="/devices/$id" params={{ id }} search={{}} />}
            rightSection={<IconArrowRight size={16} aria-hidden />}
          >
            {words.device.openPage}
          </Button>
        </div>
      )}
    </Answered>
  );
}

export function DeviceDrawer(): ReactNode {
  const { device } = useUrl();
  const setUrl = useSetUrl();
  return (
    <Drawer
      opened={device !== undefined}
      onClose={() => setUrl({ device: null })}
      title={device ?? ''}
      size={420}
      closeButtonProps={{ 'aria-label': words.close }}
      overlayProps={{ opacity: 0.2 }}
    >
      {device !== undefined && <Inside key={device} id={device} />}
    </Drawer>
  );
}
