import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { formatDiagnostic, placeOf } from '../../../../src/model/diagnostic.ts';
import { parseMonitor, type Monitor } from '../../../../src/model/monitor.ts';
import { readScript, type ScriptReading } from '../../../../src/policy/sieve/read.ts';
import type { ScriptContext } from '../../../../src/policy/sieve/script-context.ts';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** A file of `fixtures/policy/sieve`. */
export function readFixture(path: string, context?: ScriptContext): ScriptReading {
  const name = `fixtures/policy/sieve/${path}`;
  return readScript(readFileSync(ROOT + name, 'utf8'), name, context);
}

/** All mistakes as a terminal shows them. */
export function shown({ diagnostics, text }: ScriptReading): string {
  return diagnostics.map((one) => `${formatDiagnostic(one, text)}\n`).join('\n');
}

/** `code line:column` of every mistake, in order. */
export function mistakesIn(script: string, context?: ScriptContext): string[] {
  const { diagnostics, text } = readScript(script, 'x.siv', context);
  return diagnostics.map(({ code, start }) => {
    const { line, column } = placeOf(text, start);
    return `${code} ${line}:${column}`;
  });
}

/** `hint` of every mistake, in order. */
export function hintsIn(script: string, context?: ScriptContext): (string | undefined)[] {
  return readScript(script, 'x.siv', context).diagnostics.map((one) => one.hint);
}

/** The monitors of a configuration. */
export function monitorsOf(...written: string[]): readonly Monitor[] {
  return written.map((one) => parseMonitor(one)!);
}
