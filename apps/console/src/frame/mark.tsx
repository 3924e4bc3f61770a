/** Cityward's mark: a shield with a skyline, in the city's accent. */
import type { ReactNode } from 'react';

export const Mark = ({ size = 26 }: { readonly size?: number }): ReactNode => (
  <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden className="cw-mark">
    <path d="M16 2l12 4.5V15c0 7-5 12.5-12 15-7-2.5-12-8-12-15V6.5z" fill="currentColor" />
    <path
      d="M10 21v-6.5h4V10h5v8h3.5v3"
      fill="none"
      stroke="var(--cw-accent-text)"
      strokeWidth="2.2"
      strokeLinejoin="round"
      strokeLinecap="round"
    />
  </svg>
);
