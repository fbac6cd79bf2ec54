// Goal: a configuration means the same however it is spaced, quoted and commented; and whatever a
// file holds, the reader answers with settings or with mistakes, never with an exception.
// Method: print random trees in random ways and read them back; spoil good files at random places.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { formatDiagnostic } from '../../src/model/diagnostic.ts';
import { WARNINGS } from '../../src/policy/ecelerity/codes.ts';
import { Mistakes } from '../../src/policy/ecelerity/mistakes.ts';
import { parseConfiguration } from '../../src/policy/ecelerity/parser.ts';
import { readConfiguration } from '../../src/policy/ecelerity/read.ts';
import { patchedText, textPatch } from '../builders/text-patches.ts';
import {
  bareTree,
  bareTrees,
  choices,
  ConfigurationPrinter,
} from '../builders/configuration-trees.ts';

function parse(text: string): { tree: unknown; mistakes: readonly string[] } {
  const mistakes = new Mistakes('main.conf');
  const statements = parseConfiguration({ name: 'main.conf', text }, mistakes);
  return { tree: bareTree(statements), mistakes: mistakes.sorted().map(({ code }) => code) };
}

describe('a printed tree', () => {
  test('is read back, whatever its spacing, quotes and comments', () => {
    let stanzas = 0;
    fc.assert(
      fc.property(bareTrees, choices, (tree, choose) => {
        const text = new ConfigurationPrinter(choose).print(tree);
        expect(parse(text)).toEqual({ tree, mistakes: [] });
        stanzas += JSON.stringify(tree).includes('"stanza"') ? 1 : 0;
      }),
      { numRuns: 3000 },
    );
    expect(stanzas).toBeGreaterThan(300);
  });
});

const GOOD = new URL('../../fixtures/ecelerity/good/', import.meta.url);
const goodTexts = [
  'ecelerity.conf',
  'conf.d/10-audit.conf',
  'audit-folders.conf',
  '../cluster/every-option.conf',
  'scripted.conf',
].map((name) => readFileSync(fileURLToPath(new URL(name, GOOD)), 'utf8'));
goodTexts.push(`inbound_audit { }\n${goodTexts.at(-1)}`);

/** Control characters are shown as U+FFFD. */
const withoutControls = (text: string): string => text.replace(/[\p{Cc}\uFFFD]/gu, '');

interface Answer {
  readonly usable: boolean;
  /** What does not hold for it; nothing when all is well. */
  readonly troubles: readonly string[];
}

function answerTo(text: string, levels = 3): Answer {
  const refuse = (path: string): void => {
    if (path.length % 4 === 0) throw new Error('no such file');
  };
  const reading = readConfiguration([{ name: 'main.conf', text }], {
    // Every included file is the text itself under a new name: a circle that no name shows.
    readInclude: (path, from) => {
      refuse(path);
      return [{ name: `${from}+`, text: from.split('+').length > levels ? '' : text }];
    },
    readScript: (path) => {
      refuse(path);
      return { name: path, text: 'stop;' };
    },
  });
  const { configuration, diagnostics, texts } = reading;
  const troubles: string[] = [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) troubles.push(what);
  };
  const errors = diagnostics.filter((one) => one.severity === 'error');
  must((configuration === undefined) === errors.length > 0, 'settings or errors, never both');
  for (const one of diagnostics) {
    const own = texts.get(one.file);
    must(own !== undefined, `the text of ${one.file}`);
    must(one.start >= 0 && one.end >= one.start, `a range: ${one.start}..${one.end}`);
    must(one.start <= (own ?? '').length, `a place inside the text: ${one.start}`);
    const warning = (WARNINGS as ReadonlySet<string>).has(one.code);
    must((one.severity === 'warning') === warning, `the severity of ${one.code}`);
    const shown = formatDiagnostic(one, own ?? '');
    must(withoutControls(shown).includes(withoutControls(one.message)), `the words of ${one.code}`);
  }
  return { usable: configuration !== undefined, troubles };
}

describe('the reader survives', () => {
  const signs = [
    ...'{ } ( ) [ ] = " \' , # /* */ / \\ \u201c include inbound_audit monitors'.split(' '),
    ...'sieve script hook source connect_phase1 scriptlet cluster Replicate as_logger off'.split(
      ' ',
    ),
    'include "self"',
    'inbound_audit { }',
  ];

  test('cut and patched files', () => {
    let usable = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...goodTexts),
        fc.array(textPatch(signs), { maxLength: 4 }),
        (text, patches) => {
          const answer = answerTo(patchedText(text, patches));
          expect(answer.troubles).toEqual([]);
          usable += answer.usable ? 1 : 0;
        },
      ),
      { numRuns: 2000 },
    );
    expect(usable).toBeGreaterThan(50);
  });

  test.each([
    ['many levels', 'a { '.repeat(100_000)],
    ['many brackets', `a = ${'( ['.repeat(100_000)}`],
    ['a long string', `a = "${'x\\"'.repeat(300_000)}`],
    ['a long comment', `/*${'* '.repeat(500_000)}`],
    ['a long word', `a = ${'x/'.repeat(300_000)}`],
    ['many includes of itself', 'include a\n'.repeat(50)],
    ['many closed stanzas', 'a { }\n'.repeat(100_000)],
    ['many sieve stanzas', 'sieve a { }\n'.repeat(2000)],
    ['sieve stanzas of themselves', 'sieve { include a }\ncluster { include b }\n'.repeat(20)],
    ['a byte order mark', '\uFEFFinbound_audit { }'],
    ['NUL', 'inbound_audit { \u0000 = \u0000 }'],
  ])('%s', (_, text) => {
    expect(answerTo(text, Infinity).troubles).toEqual([]);
  });
});
