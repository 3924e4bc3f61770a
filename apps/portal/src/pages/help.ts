/** What this is, what it can do, and what it cannot. */
import { markup } from '../markup.ts';
import type { Answer, OpenPageRoute, Visit } from '../visit.ts';

function show(visit: Visit): Answer {
  const { help } = visit.words;
  return {
    is: 'page',
    title: help.title,
    ...(visit.me ? {} : { back: '/sign-in' }),
    main: markup`<h1>${help.title}</h1>${help.sections.map(([title, text]) => markup`<h2>${title}</h2><p>${text}</p>`)}`,
  };
}

export const helpPages: readonly OpenPageRoute[] = [{ method: 'GET', path: '/help', isOpen: true, show }];
