/** Who is here: roles, passkeys, recovery codes, keys, sign out. */
import type { ReactNode } from 'react';
import { Menu, UnstyledButton } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { words } from '../words/en-GB.ts';
import { useSignOut } from '../modules/identity/sign-out.ts';
import { IconFingerprint, IconHelp, IconKey, IconLogout, IconUser } from '../ui/icons.ts';
import { useSession } from './session.ts';

export function PersonMenu({ onHelp }: { readonly onHelp: () => void }): ReactNode {
  const { me } = useSession();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const toMe = (): void => void navigate({ to: '/me' });
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <UnstyledButton className="cw-person" aria-label={words.person.menu(me.handle)}>
          <IconUser size={18} stroke={1.7} aria-hidden />
          <span>{me.handle}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {words.person.roles}: {me.roles.map((role) => words.roles[role].name).join(', ') || words.none}
        </Menu.Label>
        <Menu.Item leftSection={<IconFingerprint size={16} aria-hidden />} onClick={toMe}>
          {words.person.passkeys(me.passkeys)}
        </Menu.Item>
        <Menu.Item leftSection={<IconKey size={16} aria-hidden />} onClick={toMe}>
          {words.person.recovery(me.recoveryCodesLeft)}
        </Menu.Item>
        <Menu.Item leftSection={<IconHelp size={16} aria-hidden />} onClick={onHelp}>
          {words.keys.title}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={signOut}>
          {words.person.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
