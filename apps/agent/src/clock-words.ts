/** Whether a link failed because two clocks disagree: TLS says it in a code, people need it in words. */
const TIME_CODES: ReadonlySet<string> = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']);

/** What to say of such a fault; null for every other. */
export function clockFault(fault: unknown, now: number): string | null {
  const code = (fault as { readonly code?: unknown } | null)?.code;
  if (typeof code !== 'string' || !TIME_CODES.has(code)) return null;
  const what = code === 'CERT_NOT_YET_VALID' ? 'does not hold yet' : 'holds no longer';
  return `the city's certificate ${what} by this device's clock, which says ${new Date(now).toISOString()}: set the clock`;
}
