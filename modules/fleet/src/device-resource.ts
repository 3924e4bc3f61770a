/** The device that a route is about, as policy is asked about it. */
import type { Resource } from '@cityward/contracts';

export type DeviceFacts = (device: string) => { readonly class: string; readonly site: string | null } | null;

export const deviceResource =
  (facts: DeviceFacts) =>
  ({ params }: { readonly params: { readonly id: string } }): Resource => {
    const known = facts(params.id);
    return {
      type: 'Device',
      id: params.id,
      attributes: { class: known?.class ?? 'other', site: known?.site ?? '' },
    };
  };
