/** A page whose code could not be fetched or that broke: said in words, the frame around it stays. */
import type { ReactNode } from 'react';
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { words } from '../words/en-GB.ts';
import { ProblemNote } from '../ui/problem-note.tsx';

export function PageFailed({ error, reset }: ErrorComponentProps): ReactNode {
  const router = useRouter();
  const again = (): void => {
    reset();
    void router.invalidate();
  };
  return (
    <div className="cw-page">
      <ProblemNote
        error={error instanceof Error ? error : new Error(String(error))}
        wanted={words.wanted.page}
        retry={again}
      />
    </div>
  );
}
