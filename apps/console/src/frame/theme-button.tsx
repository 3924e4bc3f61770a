/** Light, dark, or as the system has it. */
import type { ReactNode } from 'react';
import { ActionIcon, Menu, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { words } from '../words/en-GB.ts';
import { IconCheck, IconDeviceDesktop, IconMoon, IconSun } from '../ui/icons.ts';
import type { Icon } from '../ui/states.ts';

const CHOICES: readonly { readonly scheme: MantineColorScheme; readonly icon: Icon }[] = [
  { scheme: 'light', icon: IconSun },
  { scheme: 'dark', icon: IconMoon },
  { scheme: 'auto', icon: IconDeviceDesktop },
];

export function ThemeButton(): ReactNode {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Here = CHOICES.find((choice) => choice.scheme === colorScheme)?.icon ?? IconDeviceDesktop;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={32} aria-label={words.theme.choose} className="cw-theme">
          <Here size={18} stroke={1.7} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {CHOICES.map(({ scheme, icon: Sign }) => (
          <Menu.Item
            key={scheme}
            leftSection={<Sign size={16} aria-hidden />}
            rightSection={scheme === colorScheme ? <IconCheck size={14} aria-hidden /> : null}
            aria-current={scheme === colorScheme}
            onClick={() => setColorScheme(scheme)}
          >
            {words.theme[scheme]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
