// Goal: a script means the same however it is spaced and commented; and whatever a file holds, the
// reader answers with commands or with mistakes, never with an exception, and soon.
// Method: print random scripts in random ways and read them back; spoil good files at random places,
// with and without what is known of a server.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { formatDiagnostic } from '../../src/model/diagnostic.ts';
import { DEFAULT_MONITOR } from '../../src/model/monitor.ts';
import { WARNINGS } from '../../src/policy/sieve/codes.ts';
import { Mistakes } from '../../src/policy/sieve/mistakes.ts';
import { parseScript } from '../../src/policy/sieve/parser.ts';
import { readScript } from '../../src/policy/sieve/read.ts';
import { SCRIPT_SLOTS } from '../../src/policy/script-slots.ts';
import type { ScriptContext } from '../../src/policy/sieve/script-context.ts';
import { choices } from '../builders/configuration-trees.ts';
import { bareCommands, bareScripts, ScriptPrinter } from '../builders/sieve-scripts.ts';
import { patchedText, textPatch } from '../builders/text-patches.ts';

function parse(text: string): { script: unknown; mistakes: readonly string[] } {
  const mistakes = new Mistakes('x.siv');
  const script = bareCommands(parseScript(text, mistakes));
  return { script, mistakes: mistakes.sorted().map(({ code }) => code) };
}

describe('a printed script', () => {
  test('is read back, whatever its spacing and comments', () => {
    let branches = 0;
    fc.assert(
      fc.property(bareScripts, choices, (script, choose) => {
        const text = new ScriptPrinter(choose).print(script);
        expect(parse(text)).toEqual({ script, mistakes: [] });
        branches += JSON.stringify(script).includes('"branches"') ? 1 : 0;
      }),
      { numRuns: 3000 },
    );
    expect(branches).toBeGreaterThan(300);
  });
});

const GOOD = fileURLToPath(new URL('../../fixtures/policy/sieve/good/', import.meta.url));
const goodTexts = readdirSync(GOOD)
  .filter((name) => name.endsWith('.siv'))
  .map((name) => readFileSync(GOOD + name, 'utf8'));

/** What does not hold for the answer to a text; nothing when all is well. */
function troublesOf(written: string, context?: ScriptContext): string[] {
  const { commands, diagnostics, text } = readScript(written, 'x.siv', context);
  const troubles: string[] = [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) troubles.push(what);
  };
  const errors = diagnostics.filter((one) => one.severity === 'error');
  must((commands === undefined) === errors.length > 0, 'commands or errors, never both');
  must(diagnostics.length <= 202, `few enough to read: ${diagnostics.length}`);
  for (const one of diagnostics) {
    must(one.start >= 0 && one.end >= one.start, `a range: ${one.start}..${one.end}`);
    must(one.end <= text.length, `a place inside the text: ${one.end}`);
    const warning = (WARNINGS as ReadonlySet<string>).has(one.code);
    must((one.severity === 'warning') === warning, `the severity of ${one.code}`);
  }
  for (const one of diagnostics.slice(0, 5)) {
    // What could steer a terminal is shown as a mark.
    const words = one.message.replace(/[^\P{Cc}\t\n]/gu, '\ufffd');
    must(formatDiagnostic(one, text).includes(words), `the words of ${one.code}`);
  }
  return troubles;
}

const monitors = fc.record({
  intervalMs: fc.integer({ min: 1, max: 3600 }).map((seconds) => seconds * 1000),
  windows: fc.integer({ min: 1, max: 10 }),
});

const contexts: fc.Arbitrary<ScriptContext> = fc.record(
  {
    slot: fc.constantFrom(...SCRIPT_SLOTS),
    monitors: fc.array(monitors, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
);

describe('what is known of the server', () => {
  const aboutServer: ReadonlySet<string> = new Set([
    'phase-wrong',
    'phase-unlisted',
    'message-missing',
    'monitor-outside',
    'monitor-unconfigured',
    // The windows of the first monitor, which is asked when a hash names none.
    'windows-outside',
    'windows-shown',
  ]);

  test('adds mistakes about the server, and hides no other', () => {
    const words = ['9', '"300,6"', '$period', 'ec_ip_connections', '"period_end"'];
    const lines = fc.constantFrom(
      'discard;',
      'if envelope "from" "a" { }',
      '$size = ec_get_message_size;',
      '$sum = ec_ip_connections 2 24;',
      'hash_set $period "monitor" "60,4";',
      '$sum = ec_ip_receptions $period;',
    );
    let told = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...goodTexts),
        fc.array(lines, { maxLength: 3 }),
        fc.array(textPatch(words), { maxLength: 2 }),
        contexts,
        (text, behind, patches, context) => {
          const written = patchedText([text, ...behind].join('\n'), patches);
          const alone = codesIn(written);
          const known = codesIn(written, context);
          const added = [...known].filter((one) => !alone.has(one));
          told += added.length;
          const codes = new Set(added.map((one) => one.split(' ')[0]));
          expect([...codes].filter((code) => !aboutServer.has(code))).toEqual([]);
          const hidden = [...alone].filter((one) => !known.has(one));
          // Windows that lie outside may also be backwards.
          expect(hidden.filter((one) => !one.startsWith('windows-backwards'))).toEqual([]);
        },
      ),
      { numRuns: 1000 },
    );
    expect(told).toBeGreaterThan(200);
  });
});

function codesIn(written: string, context?: ScriptContext): ReadonlySet<string> {
  const { diagnostics } = readScript(written, 'x.siv', context);
  return new Set(diagnostics.map(({ code, start }) => `${code} ${start}`));
}

describe('the reader survives', () => {
  const signs =
    '{ } ( ) [ ] = ; , " \' # /* */ / \\ \u201c $ $x : :is ${ %{ text:\n . -5 10x if elsif else not anyof'.split(
      ' ',
    );

  test('cut and patched scripts', () => {
    expect(goodTexts.length).toBeGreaterThan(3);
    fc.assert(
      fc.property(
        fc.constantFrom(...goodTexts),
        fc.array(textPatch(signs), { minLength: 1, maxLength: 4 }),
        contexts,
        (text, patches, context) => {
          expect(troublesOf(patchedText(text, patches), context)).toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('random words and bytes', () => {
    const joints = fc.constantFrom(' ', '\n', '');
    const soup = fc.array(fc.oneof(fc.constantFrom(...signs), fc.string({ unit: 'binary' })));
    const bytes = fc.uint8Array({ maxLength: 200 }).map((all) => Buffer.from(all).toString('utf8'));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.tuple(soup, joints).map(([all, joint]) => all.join(joint)),
          bytes,
        ),
        contexts,
        (text, context) => {
          expect(troublesOf(text, context)).toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  // Each of these took seconds or hours if anything looked at the rest of the file at each step.
  const MOST_MS = 10_000;
  const known: ScriptContext = { slot: 'connect_phase1', monitors: [DEFAULT_MONITOR] };
  test.each([
    ['many levels', 'if true { '.repeat(100_000)],
    ['many closed levels', 'if true { '.repeat(100_000) + '}'.repeat(100_000)],
    ['many brackets', `x ${'['.repeat(100_000)}`],
    ['many indexes', `x ${'$a['.repeat(100_000)}`],
    ['many tests', `if ${'anyof('.repeat(100_000)}`],
    ['many nots', `if ${'not '.repeat(100_000)} true { }`],
    ['many lines of not', 'if not\n'.repeat(100_000)],
    ['many strays', '}) ] '.repeat(100_000)],
    ['many strange signs', '@/**/'.repeat(100_000)],
    ['many quotes', '"" '.repeat(200_000)],
    ['many open variables', `x "${'${a'.repeat(200_000)}";`],
    ['many open macros', `x "${'%{a'.repeat(200_000)}";`],
    ['many escapes', `x "${'\\"'.repeat(300_000)}";`],
    ['many variables', `x "${'\\a${a}'.repeat(100_000)}";`],
    ['many dots', `x text:\n${'..\n'.repeat(200_000)}.\n;`],
    ['many heads of texts', 'text: # '.repeat(100_000)],
    ['many adds', `$h = hash_create;${'hash_set $h "a" 1;audit_series_add $h;'.repeat(30_000)}`],
    ['many ends', 'if true { stop; } else { stop; }\n'.repeat(50_000)],
    ['many early commands', 'envelope;discard;ec_ip_connections 9;'.repeat(30_000)],
    ['many assignments', '$a = $b;\n'.repeat(100_000)],
    ['many unknown commands', 'audit_serie "a";\n'.repeat(50_000)],
    ['many blocks behind strays', ') { } '.repeat(100_000)],
    ['many elses', 'else { }\nelsif true { }\n'.repeat(50_000)],
    ['an open string', `x "${'a;\n'.repeat(300_000)}`],
    ['an open comment', `/*${'* '.repeat(500_000)}`],
    ['a long number', '9'.repeat(1_000_000)],
    ['a long name', 'a'.repeat(1_000_000)],
    ['NUL', '\0'.repeat(1_000_000)],
    ['a byte order mark', '\uFEFFstop;'],
  ])(
    '%s',
    (_, text) => {
      expect(troublesOf(text, known)).toEqual([]);
    },
    MOST_MS,
  );
});
