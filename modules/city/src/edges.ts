/** Stored edges by slot; `location` and `responsibility` are not among them, they follow from the nodes. */
import { EDGE_KINDS, type EdgeKind } from '@cityward/contracts';
import { bytes, createColumn, integers } from './columns.ts';
import { edgeKey } from './domain/change.ts';
import type { Edge } from './domain/model.ts';

/** A node with more edges than this gets an index of them: a service may have an edge to every street light. */
const INDEXED_FROM = 16;
const keyOf = (head: number, kind: number): number => head * 16 + kind;

export class Edges {
  readonly from = createColumn(integers, 0);
  readonly to = createColumn(integers, 0);
  readonly kind = createColumn(bytes, 0);
  readonly #notes = new Map<string, string>();
  /** Places of the edges that leave a slot. */
  readonly #leaving = new Map<number, number[]>();
  readonly #index = new Map<number, Map<number, number>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }
  noteOf(edge: Pick<Edge, 'from' | 'to' | 'kind'>): string {
    return this.#notes.get(edgeKey(edge)) ?? '';
  }
  has(tail: number, head: number, kind: EdgeKind): boolean {
    return this.#placeOf(tail, head, EDGE_KINDS.indexOf(kind)) !== -1;
  }
  leaving(slot: number): readonly number[] {
    return this.#leaving.get(slot) ?? [];
  }

  /** @returns false where an end is not in the city */
  put(edge: Edge, slotOf: (id: string) => number): boolean {
    const tail = slotOf(edge.from);
    const head = slotOf(edge.to);
    if (tail === -1 || head === -1) return false;
    const kind = EDGE_KINDS.indexOf(edge.kind);
    const fresh = this.#placeOf(tail, head, kind) === -1;
    if (fresh) this.#append(tail, head, kind);
    if (edge.note !== '') this.#notes.set(edgeKey(edge), edge.note);
    else if (!fresh) this.#notes.delete(edgeKey(edge));
    return true;
  }

  /** Takes out the edges with these keys, and any whose ends are gone. */
  remove(keys: ReadonlySet<string>, nodes: readonly ({ readonly id: string } | null)[]): void {
    for (const key of keys) this.#notes.delete(key);
    const before = this.#count;
    this.#count = 0;
    this.#leaving.clear();
    this.#index.clear();
    for (let at = 0; at < before; at++) {
      const [from, to, kind] = [this.from.get(at), this.to.get(at), this.kind.get(at)];
      const [tail, head] = [nodes[from], nodes[to]];
      if (tail && head && !keys.has(`${tail.id} ${head.id} ${EDGE_KINDS[kind]!}`)) this.#append(from, to, kind);
    }
  }

  #placeOf(tail: number, head: number, kind: number): number {
    const index = this.#index.get(tail);
    if (index) return index.get(keyOf(head, kind)) ?? -1;
    for (const place of this.leaving(tail))
      if (this.to.get(place) === head && this.kind.get(place) === kind) return place;
    return -1;
  }
  #append(tail: number, head: number, kind: number): void {
    const place = this.#count++;
    this.from.set(place, tail);
    this.to.set(place, head);
    this.kind.set(place, kind);
    const places = this.#leaving.get(tail);
    if (places) places.push(place);
    else this.#leaving.set(tail, [place]);
    if (!places || places.length < INDEXED_FROM) return;
    const index = this.#index.get(tail);
    if (index) index.set(keyOf(head, kind), place);
    else this.#index.set(tail, new Map(places.map((at) => [keyOf(this.to.get(at), this.kind.get(at)), at])));
  }
}
