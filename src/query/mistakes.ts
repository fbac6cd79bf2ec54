import { formatDiagnostic, type Diagnostic } from '../model/diagnostic.ts';
import { UserError } from '../model/errors.ts';

/** What can be wrong with the text of a query: the first table in `docs/query.md`. */
const SYNTAX_CODES = [
  'query-word',
  'query-cut',
  'query-quote',
  'query-network',
  'query-time',
  'query-span',
  'query-number',
  'query-size',
  'query-twice',
] as const;

/** What can be wrong with a query that is well written: the second table in `docs/query.md`. */
const MEANING_CODES = [
  'series-unknown',
  'series-several',
  'series-twice',
  'series-texts',
  'steps-differ',
] as const;

export const QUERY_CODES = [...SYNTAX_CODES, ...MEANING_CODES] as const;
export type QueryCode = (typeof QUERY_CODES)[number];

/** A half-open range in the text of a query, in UTF-16 units. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** The name that stands for the text of a query in messages. */
const FILE = 'query';

/** Throws the `UserError` that shows where in the text the query is wrong. */
export function refuseQuery(
  text: string,
  { start, end }: TextRange,
  code: QueryCode,
  message: string,
  hint?: string,
): never {
  const place: Diagnostic = { severity: 'error', code, message, file: FILE, start, end };
  const diagnostic = hint === undefined ? place : { ...place, hint };
  throw new UserError(formatDiagnostic(diagnostic, text), hint, [diagnostic]);
}

/** Whether an error is about the way a query is written, whatever the folder holds. */
export function isSyntaxMistake(error: unknown): boolean {
  if (!(error instanceof UserError)) return false;
  return error.diagnostics.some(({ code }) => SYNTAX_CODES.some((known) => known === code));
}
