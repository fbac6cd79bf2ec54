import type { Place } from '../mistakes.ts';
import type { LuaCode, WORDS } from './codes.ts';

/** Ends the reading of a script at its first mistake; never leaves the reader of scripts. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly place: Place;
  readonly code: LuaCode;
  readonly details: readonly string[];
  readonly hint: string | undefined;
  /** 1-based line of the place, as messages of `loadstring` name it. */
  readonly line: number;

  constructor(
    place: Place,
    line: number,
    code: LuaCode,
    details: readonly string[],
    hint: string | undefined,
  ) {
    super(code);
    this.place = place;
    this.line = line;
    this.code = code;
    this.details = details;
    this.hint = hint;
  }
}

/** @throws {Refusal} always */
export function refuse<Code extends LuaCode>(
  place: Place & { readonly line: number },
  code: Code,
  details: Parameters<(typeof WORDS)[Code]>,
  hint?: string,
): never {
  throw new Refusal(
    { start: place.start, end: place.end },
    place.line,
    code,
    details as readonly string[],
    hint,
  );
}
