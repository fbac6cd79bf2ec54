// Goal: an import never breaks: whatever a data file holds, the policy that it becomes is one that
// the reader of policies takes, with as many series and rules as the import says.
// Method: random tables of settings, right, wrong and absurd, written as Lua with comments between
// them, and random edits of a real file.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { importPolicy } from '../../src/policy/vendor/import-policy.ts';
import { readYamlPolicy } from '../../src/policy/yaml/read.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/policy/vendor/', import.meta.url));
const FILE = readFileSync(path.join(FIXTURES, 'dp_config.lua'), 'utf8');
const noList = { readList: (): never => expect.unreachable('an import names no file') };

/** Imports, and reads what was written; the number of series and rules, -1 for no policy. */
function expectPolicy(text: string): number {
  const { imported: found, diagnostics } = importPolicy(text, 'dp_config.lua');
  for (const { start, end } of diagnostics) {
    expect(start).toBeGreaterThanOrEqual(0);
    expect(end).toBeGreaterThanOrEqual(start);
    expect(end).toBeLessThanOrEqual(text.length);
  }
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  expect(failed).toBe(found === undefined);
  if (found === undefined) return -1;
  const { policy, diagnostics: mistakes } = readYamlPolicy(found.policy, 'p.yaml', noList);
  expect(mistakes.filter(({ code }) => code !== 'prefix-short')).toEqual([]);
  expect(policy?.series.length).toBe(found.series);
  expect(policy?.rules.length).toBe(found.rules);
  expect(importPolicy(text, 'dp_config.lua').imported?.policy).toBe(found.policy);
  return found.series + found.rules;
}

const quoted = (text: string): string =>
  `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;

const word = fc.oneof(
  fc.constantFrom(
    'global',
    'on',
    '10.0.0.0/8',
    '',
    'a b',
    "it's",
    '# no',
    '-',
    'x: y',
    '__proto__',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => !text.includes('\0')),
);
const number = fc.oneof(
  fc.integer({ min: -2, max: 40 }),
  fc.constantFrom(900, 0.5, 1e9, 1e300, -0),
);
const absurd = fc.oneof(
  word.map(quoted),
  number.map(String),
  fc.constantFrom('nil', 'true', 'false', '{}', '0/0', '1/0', 'function () end', 'print', '{ {} }'),
);
/** Mostly what belongs there. */
const mostly = (right: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 8, arbitrary: right }, { weight: 1, arbitrary: absurd });
const comment = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: word.map((text) => `-- ${text.replace(/[\r\n]/g, ' ')}\n`) },
  { weight: 1, arbitrary: fc.constantFrom('\n\n', '--[[ long\n one ]]', '--[==[ ]] ]==]') },
);

/** `{ key = value, … }` with some of the keys, comments between them and now and then another key. */
function table(keys: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<string> {
  const entries = Object.entries(keys).map(([key, value]) =>
    fc.tuple(comment, value, fc.boolean(), comment).map(([above, text, first, behind]) => {
      const entry = `${above}${key} = ${text}`;
      return first ? `${entry}, ${behind}` : `${entry} ${behind},`;
    }),
  );
  const other = fc.tuple(word, absurd).map(([key, value]) => `[${quoted(key)}] = ${value}, `);
  return fc
    .tuple(fc.tuple(...entries), fc.option(other), fc.nat({ max: 30 }))
    .map(([all, extra, left]) => {
      const kept = all.filter((_, index) => index !== left);
      return `{ ${kept.join('')}${extra ?? ''} }`;
    });
}
const listOf = (item: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(item, comment), { maxLength: 4 })
    .map((items) => `{ ${items.map(([text, behind]) => `${text}, ${behind}`).join('')} }`);

const mask = fc.integer({ min: 0, max: 140 }).map((bits) => `"/${bits}"`);
const windowNumber = fc.integer({ min: 0, max: 6 }).map(String);
const flag = fc.constantFrom('true', 'false');
const whitelist = listOf(mostly(word.map(quoted)));
const threshold = table({
  check: mostly(flag),
  key: mostly(mask),
  startv: mostly(fc.constant('0')),
  endv: mostly(windowNumber),
  threshold: mostly(number.map(String)),
  honor_whitelist: mostly(whitelist),
});
const series = table({
  type: mostly(fc.constantFrom('"cidr"', '"cidr_ipv6"', '"string"')),
  interval: mostly(fc.constantFrom('60', '"300"')),
  buckets: mostly(fc.constantFrom('1', '6')),
  thresholds: mostly(listOf(mostly(threshold))),
  options: mostly(table({ persist: mostly(flag), serialize: mostly(flag), replicate: absurd })),
});
const NAMES = ['connections', 'messages', 'spam', 'virus', 'mailfrom', 'auth_user'];
const config = table({
  audit_series: table(
    Object.fromEntries([...NAMES, 'invalid_recipients', 'own'].map((name) => [name, series])),
  ),
  concurrent_connection_limits: mostly(
    listOf(
      table({
        check: mostly(flag),
        mask: mostly(mask),
        limit: mostly(number.map(String)),
        service: mostly(fc.constantFrom('"SMTP"', '"Control"')),
      }),
    ),
  ),
  whitelist: mostly(listOf(table({ name: mostly(word.map(quoted)), source: word.map(quoted) }))),
});

test('any settings', () => {
  let most = 0;
  fc.assert(
    fc.property(comment, config, comment, (above, text, behind) => {
      most = Math.max(most, expectPolicy(`${above} msys.dp_config = ${text} ${behind}`));
    }),
    { numRuns: 400 },
  );
  expect(most).toBeGreaterThan(6);
});

test('a real file with pieces cut out, doubled and exchanged', () => {
  const lines = FILE.split('\n');
  const at = fc.nat({ max: lines.length - 1 });
  let good = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(at, at, fc.boolean()), { maxLength: 4 }), (edits) => {
      const edited = [...lines];
      for (const [from, to, moves] of edits) {
        const piece = edited.splice(Math.min(from, edited.length - 1), 1);
        if (moves) edited.splice(to, 0, ...piece, ...piece);
      }
      if (expectPolicy(edited.join('\n')) > 0) good++;
    }),
    { numRuns: 400 },
  );
  expect(good).toBeGreaterThan(50);
});

test('any text', () => {
  expect(expectPolicy('')).toBe(-1);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => void expectPolicy(text)),
  );
});
