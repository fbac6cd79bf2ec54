import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { formatDiagnostic, placeOf } from '../../../../src/model/diagnostic.ts';
import { readScript, type ScriptReading } from '../../../../src/policy/sieve/read.ts';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** A file of `fixtures/policy/sieve`. */
export function readFixture(path: string): ScriptReading {
  const name = `fixtures/policy/sieve/${path}`;
  return readScript(readFileSync(ROOT + name, 'utf8'), name);
}

/** All mistakes as a terminal shows them. */
export function shown({ diagnostics, text }: ScriptReading): string {
  return diagnostics.map((one) => `${formatDiagnostic(one, text)}\n`).join('\n');
}

/** `code line:column` of every mistake, in order. */
export function mistakesIn(script: string): string[] {
  const { diagnostics, text } = readScript(script, 'x.siv');
  return diagnostics.map(({ code, start }) => {
    const { line, column } = placeOf(text, start);
    return `${code} ${line}:${column}`;
  });
}

/** `hint` of every mistake, in order. */
export function hintsIn(script: string): (string | undefined)[] {
  return readScript(script, 'x.siv').diagnostics.map((one) => one.hint);
}
