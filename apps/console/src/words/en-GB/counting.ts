/** Numbers in sentences. */
export const count = new Intl.NumberFormat('en-GB');
export const many = (n: number, one: string, more: string): string => `${count.format(n)} ${n === 1 ? one : more}`;
/** Needs and verbs agree with their number. */
export const verb = (n: number, one: string, more: string): string => (n === 1 ? one : more);
/** `watched, contained or unknown`. */
export const either = new Intl.ListFormat('en-GB', { type: 'disjunction' });
