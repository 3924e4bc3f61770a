/** The command palette: every page, every device by search, every ward, the next act. */
import { useState, type ReactNode } from 'react';
import { useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import { useNavigate } from '@tanstack/react-router';
import { words } from '../words/en-GB.ts';
import { useAsk } from '../live/hooks.ts';
import { useSignOut } from '../modules/identity/sign-out.ts';
import { IconSearch } from '../ui/icons.ts';
import { STATE_ICONS } from '../ui/states.ts';
import { carried, type UrlState } from './url-state.ts';
import { usePages } from './rail.tsx';
import { useSetUrl } from './url.ts';

const DEVICES_SHOWN = 8;
const QUERY_MIN = 2;
const PAUSE_MS = 150;

function useDeviceActions(query: string): SpotlightActionGroupData {
  const navigate = useNavigate();
  const found = useAsk(
    'listDevices',
    { query: { q: query, limit: DEVICES_SHOWN } },
    { enabled: query.length >= QUERY_MIN, keep: true },
  );
  const rows = query.length >= QUERY_MIN ? (found.data?.rows ?? []) : [];
  return {
    group: words.palette.devices,
    actions: rows.map((device) => {
      const Sign = STATE_ICONS[device.state];
      return {
        id: `device-${device.id}`,
        label: `${device.name} · ${device.id}`,
        description: `${words.classes[device.class].one} · ${words.states[device.state].word}${device.ward ? ` · ${device.ward.name}` : ''}`,
        keywords: query,
        leftSection: <Sign size={20} stroke={1.6} aria-hidden />,
        onClick: () => void navigate({ to: '/devices/$id', params: { id: device.id } }),
      };
    }),
  };
}

function useActs(): SpotlightActionGroupData {
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  const situations = useAsk('listSituations', { query: { state: 'open' } });
  const top = situations.data?.situations[0];
  const acts = [
    { id: 'import', label: words.palette.import, onClick: () => void navigate({ to: '/import' }) },
    { id: 'plan', label: words.palette.plan, onClick: () => void navigate({ to: '/changes/new' }) },
    { id: 'waiting', label: words.palette.waiting, onClick: () => void navigate({ to: '/enrol' }) },
    {
      id: 'pin-root',
      label: words.palette.pinRoot,
      onClick: () => void navigate({ to: '/enrol', search: { tab: 'makers' } }),
    },
    { id: 'pack', label: words.palette.pack, onClick: () => void navigate({ to: '/evidence' }) },
    { id: 'passkey', label: words.palette.passkey, onClick: () => void navigate({ to: '/me' }) },
    { id: 'light', label: words.palette.light, onClick: () => setColorScheme('light') },
    { id: 'dark', label: words.palette.dark, onClick: () => setColorScheme('dark') },
    { id: 'sign-out', label: words.palette.signOut, onClick: signOut },
  ];
  const first = top
    ? [
        {
          id: 'top',
          label: words.palette.openTop,
          description: top.title,
          onClick: () => void navigate({ to: '/inbox', search: { situation: top.id } }),
        },
      ]
    : [];
  return { group: words.palette.acts, actions: [...first, ...acts] };
}

function useWardActions(): SpotlightActionGroupData {
  const setUrl = useSetUrl();
  const wards = useAsk('cityNow', {}).data?.wards ?? [];
  return {
    group: words.palette.wards,
    actions: wards.map((ward) => ({
      id: `ward-${ward.id}`,
      label: words.palette.ward(ward.name),
      onClick: () => setUrl({ ward: ward.id }),
    })),
  };
}

export function Palette(): ReactNode {
  const [query, setQuery] = useState('');
  const [settled] = useDebouncedValue(query.trim(), PAUSE_MS);
  const navigate = useNavigate();
  const pages = usePages();
  const devices = useDeviceActions(settled);
  const acts = useActs();
  const wards = useWardActions();
  const groups: SpotlightActionGroupData[] = [
    devices,
    {
      group: words.palette.pages,
      actions: pages.map((page) => ({
        id: page.to,
        label: page.name,
        description: page.hint,
        leftSection: <page.icon size={20} stroke={1.6} aria-hidden />,
        onClick: () => void navigate({ to: page.to, search: (before: UrlState) => carried(before) }),
      })),
    },
    acts,
    ...(query === '' ? [] : [wards]),
  ];
  return (
    <Spotlight
      actions={groups.filter((group) => group.actions.length > 0)}
      query={query}
      onQueryChange={setQuery}
      shortcut={['mod + K']}
      scrollable
      maxHeight={420}
      limit={24}
      highlightQuery
      centered={false}
      yOffset="12vh"
      overlayProps={{ blur: 0, backgroundOpacity: 0.4 }}
      transitionProps={{ duration: 100 }}
      attributes={{ content: { 'aria-label': words.frame.searchShort } }}
      nothingFound={words.palette.nothing}
      searchProps={{
        leftSection: <IconSearch size={18} aria-hidden />,
        placeholder: words.palette.placeholder,
        'aria-label': words.palette.placeholder,
      }}
    />
  );
}
