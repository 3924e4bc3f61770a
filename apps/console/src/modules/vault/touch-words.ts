/** How somebody's data was touched, in words. */
import type { Touch } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';

export const touchInWords = (touch: Touch): string =>
  touch.of === 'dataset'
    ? words.touching.dataset(touch.name, touch.purpose)
    : words.touching.touches[touch.of](touch.category);
