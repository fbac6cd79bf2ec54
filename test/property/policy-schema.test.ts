// Goal: the schema refuses a policy exactly when the reader finds a mistake of form in it.
// Method: good policies with one thing changed at random: a key dropped, renamed or added, a value
// of another type. A validator that knows nothing of the reader judges them by the schema; several
// changes at once are held to the weaker rule that what the schema refuses, the reader refuses.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { policySchema, readYamlPolicy } from '../../src/policy/yaml/read.ts';
import { WORDS, type DiagnosticCode } from '../../src/policy/yaml/codes.ts';
import { policyExamples } from '../builders/policy-examples.ts';
import { validatorOf } from '../builders/schema-validator.ts';
import { ROOT } from '../unit/policy/yaml/reading.ts';

/** Mistakes of form: the schema says all of them. */
const OF_FORM: ReadonlySet<string> = new Set<DiagnosticCode>([
  'version-missing',
  'version-newer',
  'type-wrong',
  'list-empty',
  'number-range',
  'word-unknown',
  'key-unknown',
  'setting-missing',
  'name-reserved',
  'kind-wrong',
  'kind-internal',
  'field-unknown',
  'field-refused',
  'key-missing',
  'key-address',
  'quantity-missing',
  'quantity-several',
  'quantity-refused',
  'windows-wrong',
  'all-short',
  'verdict-wrong',
  'reply-wrong',
]);
/** The schema says a part of these: not how large a number in a text is, or what a name stands for. */
const PARTLY_OF_FORM: ReadonlySet<string> = new Set<DiagnosticCode>([
  'key-misplaced',
  'name-wrong',
  'monitor-wrong',
  'duration-wrong',
  'per-wrong',
  'per-family-missing',
  'keys-differ',
]);
/** These need the file as text, another part of it, another file or a regular expression. */
const BEYOND_A_SCHEMA: ReadonlySet<string> = new Set<DiagnosticCode>([
  'yaml-syntax',
  'yaml-documents',
  'yaml-alias',
  'yaml-deep',
  'key-twice',
  'name-twice',
  'monitor-unknown',
  'config-differs',
  'monitor-differs',
  'network-wrong',
  'list-unknown',
  'list-unreadable',
  'list-line',
  'list-domains',
  'kind-unknown',
  'regex-wrong',
  'series-unknown',
  'windows-backwards',
  'windows-outside',
  'windows-present',
  'per-missing',
  'prefix-short',
  'at-sessions',
  'phase-missing',
]);

const isValid = validatorOf(policySchema());

function codesOf(policy: unknown): string[] {
  const text = stringify(policy, { aliasDuplicateObjects: false });
  const { diagnostics } = readYamlPolicy(text, 'policy.yaml', { readList: () => '192.0.2.1\n' });
  return diagnostics.filter((one) => one.severity === 'error').map(({ code }) => code);
}

const examples = policyExamples().map(({ text }) => parse(text, { merge: true }) as unknown);

type Steps = readonly (string | number)[];

function placesIn(value: unknown, steps: Steps = []): Steps[] {
  if (typeof value !== 'object' || value === null) return [steps];
  const below = Object.entries(value).flatMap(([key, own]) => placesIn(own, [...steps, key]));
  return [steps, ...below];
}

const VALUES: readonly unknown[] = [
  [null, true, 0, 1, 3, -1, 1.5, 24, 129, 550, 5500, 8_000_000_000, '', 'x', 'tag', 'ip'],
  ['sessions', 'connections', 'address', 'user', 'size', 'rcptto', 'connect', 'queued'],
  ['300,6', '0..2', '5..0', '1h', '0s', '550 5.7.1 no', '200 no', 'two words', 'string'],
  ['/a/i', '/a/g', '*', 'accepted', 'node', 'cidr', '587', '192.0.2.1', 'Upper', '550'],
  [[], ['x'], [[]], [null], {}, { file: 'x' }, { ipv4: 24 }, { ipv4: 24, ipv6: 64 }],
  [{ tag: null }, { tarpit: 5 }, { reject: '550 no', for: '1h' }, { count: 'sessions' }],
  [
    { tag: 'a', reason: 'b' },
    { disconnect: '421 no', reason: 'b' },
    { tarpit: 5, for: '1h' },
  ],
  [{ of: 'sessions', to: 'connections', above: 1 }, { x: 'connect' }, [{ count: 'x' }]],
].flat();
const KEYS = [
  ['hindcast', 'rules', 'name', 'count', 'ratio', 'surge', 'distinct', 'all', 'monitor'],
  ['windows', 'above', 'service', 'listener', 'on', 'where', 'per', 'except', 'at', 'then'],
  ['counts', 'scope', 'type', 'key', 'amount', 'persist', 'tag', 'tarpit', 'reject', 'for'],
  ['reason', 'disconnect', 'ipv4', 'ipv6', 'of', 'to', 'min', 'times', 'before', 'file'],
  ['nonsense', '', '192.0.2.1', 'a,b', 'sessions', 'time', 'phase', 'code', 'ip'],
].flat();

interface Change {
  readonly place: number;
  readonly kind: 'drop' | 'rename' | 'add' | 'replace';
  readonly key: string;
  readonly value: unknown;
}

const changes = fc.record<Change>({
  place: fc.nat(),
  kind: fc.constantFrom('drop', 'rename', 'add', 'replace', 'replace'),
  key: fc.constantFrom(...KEYS),
  value: fc.constantFrom(...VALUES),
});

function changed(policy: unknown, { place, kind, key, value }: Change): unknown {
  const places = placesIn(policy);
  const steps = places[place % places.length];
  const at = (old: unknown, [step, ...rest]: Steps): unknown => {
    if (step === undefined) {
      const isMapping = typeof old === 'object' && old !== null && !Array.isArray(old);
      return kind === 'add' && isMapping ? { ...old, [key]: value } : value;
    }
    if (Array.isArray(old)) {
      const items = (old as unknown[]).map((item, index) =>
        index === Number(step) ? at(item, rest) : item,
      );
      return kind === 'drop' && rest.length === 0 ? items.toSpliced(Number(step), 1) : items;
    }
    const entries = Object.entries(old as object).flatMap(([name, own]) => {
      if (name !== String(step)) return [[name, own]];
      if (rest.length > 0 || kind === 'add' || kind === 'replace') return [[name, at(own, rest)]];
      return kind === 'drop' ? [] : [[key, own]];
    });
    return Object.fromEntries(entries) as unknown;
  };
  return at(policy, steps);
}

test('every code is of form or it is not', () => {
  const sorted = [...OF_FORM, ...PARTLY_OF_FORM, ...BEYOND_A_SCHEMA].sort();
  expect(sorted).toEqual(Object.keys(WORDS).sort());
});

test('good policies are valid', () => {
  expect(examples.length).toBeGreaterThan(7);
  for (const policy of examples) expect([policy, isValid(policy)]).toEqual([policy, true]);
});

test('bad policies are valid where their mistake is not one of form', () => {
  const isGood = (code: string): boolean => {
    const file = path.join(ROOT, 'fixtures/policy/bad', `${code}.yaml`);
    return isValid(parse(readFileSync(file, 'utf8')));
  };
  const isText = (code: string): boolean => code.startsWith('yaml-') || code === 'key-twice';
  expect([...OF_FORM].filter(isGood)).toEqual([]);
  const beyond = [...BEYOND_A_SCHEMA].filter((code) => !isText(code));
  expect(beyond.filter((code) => !isGood(code))).toEqual([]);
});

const RATIO = 'ratio: { of: rejections, to: connections, above: 1 }, per: address';
const SURGE = 'surge: { of: connections, times: 2, before: 1..2 }, per: address';
const COUNT = 'count: connections, above: 1, per: address';
const DISTINCT = 'distinct: user, on: auth_failure, above: 1, per: address';
const BOTH =
  'all: [{ count: connections, above: 1 }, { count: rejections, above: 1 }], per: address';

test.each([
  ...[RATIO, SURGE, COUNT, DISTINCT, BOTH].map((form) => [form, true] as const),
  ...[`${RATIO}, above: 3`, `${RATIO}, on: connect`, `${RATIO}, service: SMTP`].map(bad),
  ...[`${SURGE}, above: 3`, `${SURGE}, windows: 0`, `${SURGE}, where: {}`].map(bad),
  ...[`${COUNT}, on: connect`, `${COUNT}, listener: 25`, `${DISTINCT}, service: SMTP`].map(bad),
  ...[`${BOTH}, windows: 0`, 'all: [{ count: connections, above: 1, on: connect }]'].map(bad),
  ...['count: sessions, above: 1, per: address, windows: 0'].map(bad),
  ...['count: connections, above: 1, per: user', SURGE.replace('address', '{}')].map(bad),
  ...[SURGE.replace('times: 2', 'times: 0'), RATIO.replace('rejections', 'sessions')].map(bad),
  [`${COUNT}, then: { reject: 550 no, for: 90 }`, true],
  ...[`${COUNT}, then: { tarpit: 0 }`, `${COUNT}, then: { tarpit: 5, for: 1h }`].map(bad),
  ...[`${COUNT}, then: { reject: 550 no, reason: no }`].map(bad),
  ...[`${COUNT}, then: { tag: a, reason: b }`, `${COUNT}, then: { tag: a, for: soon }`].map(bad),
] as const)('a rule %s: %s for both', (rule, good) => {
  const then = rule.includes('then:') ? '' : ', then: tag';
  const policy: unknown = parse(`{ hindcast: 1, rules: [{ name: a, ${rule}${then} }] }`);
  expect([isValid(policy), codesOf(policy).length === 0]).toEqual([good, good]);
});

function bad(text: string): readonly [string, boolean] {
  return [text, false];
}

const SERIES = "type: ip, monitor: '300,6', on: connect";

test.each([
  [`series: { a b: { ${SERIES}, amount: -1 } }`, true] as const,
  ...[`series: { a: { ${SERIES}, amount: 0 } }`, `series: { 'a,b': { ${SERIES} } }`].map(bad),
  ...[`series: { a: { ${SERIES.replace("'300,6'", '5m')} } }`, "monitors: ['300']"].map(bad),
  ...['lists: { a b: x.example }', 'audit: { maintenance_interval: 31622401 }'].map(bad),
])('%s: %s for both', (text, good) => {
  const policy: unknown = parse(`{ hindcast: 1, ${text} }`);
  expect([isValid(policy), codesOf(policy).length === 0]).toEqual([good, good]);
});

test('one change is refused by both or by none', () => {
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...examples), changes, (policy, change) => {
      const after = changed(policy, change);
      const codes = codesOf(after);
      const valid = isValid(after);
      const isOfForm = codes.some((code) => OF_FORM.has(code));
      const isPartly = codes.some((code) => PARTLY_OF_FORM.has(code));
      expect(isOfForm ? [false] : isPartly ? [false, true] : [true]).toContain(valid);
      if (!valid) refused++;
    }),
    { numRuns: 400 },
  );
  expect(refused).toBeGreaterThan(60);
});

test('of several changes the reader refuses what the schema refuses', () => {
  const several = fc.array(changes, { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(...examples), several, (policy, all) => {
      const after = all.reduce(changed, policy);
      expect(isValid(after) || codesOf(after).length > 0).toBe(true);
    }),
    { numRuns: 100 },
  );
});
