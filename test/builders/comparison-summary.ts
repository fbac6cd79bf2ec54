import { expect } from 'vitest';

/** What `compare --format json` says, as far as tests look at it. */
export interface ComparisonSummary {
  readonly stoppable: Readonly<Record<string, number>>;
  readonly judged: Readonly<Record<string, number>>;
  readonly classes: readonly (Readonly<Record<string, number>> & { readonly class: string })[];
  readonly first_difference: Readonly<Record<string, unknown>> | null;
  readonly movers: readonly { readonly block: string; readonly events: number }[];
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The summary that a run printed, which ended well. */
export function comparisonOf({ code, stdout, stderr }: Ended): ComparisonSummary {
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as ComparisonSummary;
}
