/** What passes the sensors of the simulated city leaves its sites as pseudonyms alone. */
import { expect, it } from 'vitest';
import { Sighting } from '@cityward/contracts';
import { portMerrow } from '@cityward/city/reference';
import { seeded } from '@cityward/kernel';
import { Compile } from 'typebox/compile';
import { createFabric } from './fabric.ts';
import { createPassersBy } from './passers-by.ts';

it('is seen by sensors of each class, by the switch of their own site, and never as it was', () => {
  const city = portMerrow({ seed: 'port-merrow', devices: 1_000 });
  const fabric = createFabric(city);
  const random = seeded('passers-by');
  const passersBy = createPassersBy(city, fabric, () => random.next());
  const check = Compile(Sighting);
  const classes = new Set<string>();
  for (const [id] of fabric.switches)
    for (let at = 0; at < 60; at++)
      for (const seen of passersBy.at(id, at)) {
        expect(check.Check(seen)).toBe(true);
        expect(fabric.switchOf(seen.seen_by)!.id).toBe(id);
        classes.add(seen.of);
      }
  expect([...classes].sort()).toEqual(['network-address', 'number-plate', 'parking']);
});
