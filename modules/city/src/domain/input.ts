/** What an import file says, whatever its format: records, and the networks and links between them. */
import type { EdgeKind, ServiceKind } from '@cityward/contracts';
import type { Cells } from './fields.ts';
import type { Edge, Network } from './model.ts';
import type { DeviceClass } from '@cityward/contracts';

/** A link from a record's device to a network of the same file. */
export interface NetworkLink {
  readonly network: string;
  readonly kind: EdgeKind;
  readonly note: string;
}

export type InputRecord =
  | { readonly line: number; readonly what: 'fault'; readonly reason: string }
  | {
      readonly line: number;
      readonly what: 'device';
      readonly cells: Cells;
      /** Taken where the cells name no class; null for not known. */
      readonly class: DeviceClass | null;
      readonly links: readonly NetworkLink[];
      /** `sourceId` of devices of the same file that control it. */
      readonly controllers: readonly string[];
    }
  | { readonly line: number; readonly what: 'service'; readonly cells: Cells; readonly service: ServiceKind }
  | { readonly line: number; readonly what: 'site'; readonly cells: Cells };

/** An opened file. Records can be gone through more than once. */
export interface Input {
  /** Namespace of the ids in the file, e.g. the layer's name. */
  readonly source: string;
  readonly records: () => Iterable<InputRecord>;
  /** Networks and the edges between them; ids are those of the city. */
  readonly networks: readonly Network[];
  readonly networkEdges: readonly Edge[];
}

/** Ids of networks of one source begin like this, so that links of that source can be told from others. */
export const networkPrefix = (source: string): string => `net-${source}-`;
