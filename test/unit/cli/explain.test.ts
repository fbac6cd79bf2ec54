// Goal: explain finds the decision that was asked for, however it is named, and says what is wrong
// with a question that has no answer.
// Method: the command in this process; rows of firings.csv against their explanations, every mistake
// by its message. What explanations say is held elsewhere (test/property).
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { hereWith } from '../../builders/run-here.ts';
import { connect } from '../../e2e/log-lines.ts';

const FIXTURES = fileURLToPath(new URL('../../../fixtures/', import.meta.url));
const LOG = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
const FORMS = path.join(FIXTURES, 'replay', 'forms.yaml');
const BERLIN = ['--tz', 'Europe/Berlin'];

const POLICY = `hindcast: 1
rules:
  - { name: many, count: connections, per: address, above: 1, then: tag }
`;
const first = connect('2026-11-20T10:00:00Z', '192.0.2.1');
const { folder, run, outputOf, write } = hereWith({
  'mail.log': first + connect('2026-11-20T10:00:05Z', '192.0.2.1'),
  'p.yaml': POLICY,
  'none.yaml': 'hindcast: 1\n',
  'quiet.yaml': POLICY.replace('above: 1', 'above: 9'),
  's.siv': 'keep;\n',
  'm.lua': '',
});

interface Explained {
  readonly event: Record<string, string | number>;
  readonly refused_by: string | null;
  readonly rules: readonly {
    readonly name: string;
    readonly fired: boolean;
    readonly key: string;
    readonly conditions: readonly { readonly count: number; readonly limit: number }[];
    readonly lines: { readonly total: number; readonly newest: readonly object[] };
  }[];
}

const jsonOf = async (args: readonly string[]): Promise<Explained> =>
  JSON.parse(await outputOf(['explain', ...args, '--json'])) as Explained;

test.each([
  [['--to', '2026-11-20T17:27:30Z'], 0.5],
  [['--from', '2026-11-20T17:27:25Z', '--session-timeout', '5s'], 0.25],
  [['--clamp-negative'], 1],
])('%j: --firing is a row of firings.csv', async (options, part) => {
  const out = path.join(folder, `out${part}`);
  const args = [LOG, ...BERLIN, '--policy', FORMS, ...options];
  await outputOf(['replay', ...args, '--out', out]);
  const rows = parse<Record<string, string>>(readFileSync(path.join(out, 'firings.csv'), 'utf8'), {
    columns: true,
  });
  const number = Math.ceil(rows.length * part);
  const row = rows[number - 1];
  const { event, rules } = await jsonOf([...args, '--firing', String(number)]);
  expect([event['file'], event['line'], event['time']]).toEqual([
    row['file'],
    Number(row['line']),
    row['first'],
  ]);
  const rule = rules.find(({ name }) => name === row['rule'])!;
  expect([rule.fired, rule.key]).toEqual([true, row['key']]);
  const [{ count, limit }] = rule.conditions;
  const [peak, atPeak] = [Number(row['peak']), Number(row['limit'])];
  expect(count).toBeLessThanOrEqual(peak);
  // The first firing of several need not be the peak.
  expect(row['firings'] === '1' ? [count, limit] : [peak, atPeak]).toEqual([peak, atPeak]);
});

// --firing knows the block of one rule before it reads on, --ip the peer: lines of other rules, whose
// blocks are shorter or longer, must not depend on that.
test.each([
  ['a text', 'everything.yaml', 1, ['guessing', 'admin']],
  ['a block, and shorter and longer ones', 'forms.yaml', 120, ['earlier', '198.51.0.0/16']],
])('%s as key: the same however the decision is named', async (_, policy, row, [name, key]) => {
  const args = [LOG, ...BERLIN, '--policy', path.join(FIXTURES, 'replay', policy)];
  const explained = await jsonOf([...args, '--firing', String(row), '--lines', '3']);
  const rule = explained.rules.find((own) => own.name === name)!;
  expect([rule.fired, rule.key, rule.lines.newest.length]).toEqual([true, key, 3]);
  expect(rule.lines.total).toBe(rule.conditions[0].count);
  const { ip, time } = explained.event;
  const named = ['--ip', String(ip), '--at', String(time), '--lines', '3'];
  expect(await jsonOf([...args, ...named])).toEqual(explained);
});

test('bars, lines and log text as a terminal may show them', async () => {
  const log =
    connect('2026-11-20T10:00:00Z', '192.0.2.1', { pid: 1 }) +
    connect('2026-11-20T10:00:01Z', '192.0.2.1', { pid: 2 }).replace('\n', '\u001b[31m\n');
  write('red.log', log);
  const question = ['--policy', 'p.yaml', '--ip', '192.0.2.1', '--at', '2026-11-20T10:00:01Z'];
  const shown = await outputOf(['explain', 'red.log', ...question, '--ascii']);
  expect(shown).toContain('     0  2026-11-20 10:00:00  2  ########################\n');
  expect(shown).toContain('\\x1b[31m\n');
  const none = await outputOf(['explain', 'red.log', ...question, '--lines', '0']);
  expect(none).not.toContain('log lines');
});

const CONFIGURED = `hindcast: 1
rules:
  - { name: many, count: connections, monitor: "60,2", per: address, above: 1, then: tag }
`;

test('monitors of a configuration', async () => {
  const conf = 'inbound_audit {\n  monitors = ( "60,2" )\n}\n';
  write('configured.yaml', CONFIGURED);
  write('ec/ecelerity.conf', conf);
  const args = [
    'explain',
    'mail.log',
    '--policy',
    'configured.yaml',
    '--config',
    'ec/ecelerity.conf',
  ];
  const shown = await outputOf([...args, '--ip', '192.0.2.1', '--at', '2026-11-20T10:00:00Z']);
  expect(shown).toContain('many (tag): did not fire, 1 is not above 1 (1 more needed)\n');
  expect(shown).toContain('window 0 of "60,2"');
});

describe('a mistake is named', () => {
  const AT = ['--ip', '192.0.2.1', '--at', '2026-11-20T10:00:00Z'];
  const P = ['--policy', 'p.yaml'];
  test.each([
    [AT, 'explain needs --policy: whose rules?'],
    [[...P], 'explain needs a decision: --ip and --at, or --firing'],
    [[...P, '--firing', '1', '--ip', '192.0.2.1'], '--ip does not go with --firing'],
    [[...P, '--firing', '1', '--at', '0'], '--at does not go with --firing'],
    [[...P, ...AT, '--from', '0'], '--from goes with --firing: it changes no decision'],
    [[...P, ...AT, '--to', '0'], '--to goes with --firing: it changes no decision'],
    [[...P, ...AT, '--json', '--ascii'], '--ascii draws bars, and JSON has none'],
    [[...P, ...AT, '--json', '--format', 'table'], "option '--json' cannot be used with option"],
    [[...P, '--firing', '0'], 'expected a whole number from 1 on'],
    [[...P, '--ip', '192.0.2.0/24', '--at', '0'], '--ip 192.0.2.0/24: not one address'],
    [[...P, '--ip', '192.0.2.1', '--at', 'noon'], '--at noon: not a time'],
    [
      ['--policy', 's.siv', ...AT],
      'explain needs the rules of a YAML policy, and s.siv is a script',
    ],
    [
      ['--policy', 'm.lua', ...AT],
      'explain needs the rules of a YAML policy, and m.lua is a script',
    ],
    [
      ['--policy', 'none.yaml', ...AT],
      'explain needs the rules of a YAML policy, and none.yaml has',
    ],
    [
      [...P, '--firing', '2'],
      '--firing 2: firings.csv of this replay has 1 row\nhint: rows count from 1',
    ],
    [
      ['--policy', 'quiet.yaml', '--firing', '1'],
      '--firing 1: firings.csv of this replay has 0 rows\nhint: no rule fires',
    ],
    [
      [...P, '--ip', '192.0.2.1', '--at', '2026-11-20T10:00:03Z'],
      'no event of 192.0.2.1 at 2026-11-20T10:00:03Z\n' +
        `nearest before: 2026-11-20T10:00:00Z connect mail.log:1:${first}` +
        'nearest after: 2026-11-20T10:00:05Z connect mail.log:2:',
    ],
    [
      [...P, '--ip', '192.0.2.9', '--at', '2026-11-20T10:00:03Z'],
      'no event of 192.0.2.9 in the logs, which are of 2026-11-20T10:00:00Z to 2026-11-20T10:00:05Z',
    ],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await run(['explain', 'mail.log', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  test('a log without an event, a file that is no log', async () => {
    const log = '2026-11-20T10:00:00+00:00 mx1 postfix/smtpd[1]: lost connection after EHLO\n';
    write('quiet.log', log);
    write('letter.log', 'Dear postmaster,\n');
    const quiet = await run(['explain', 'quiet.log', ...P, ...AT]);
    expect([quiet.code, quiet.stderr]).toEqual([
      2,
      'hindcast: no event of 192.0.2.1: the logs have no event at all\n',
    ]);
    const letter = await run(['explain', 'letter.log', ...P, ...AT, '--year', '2026']);
    expect([letter.code, letter.stdout]).toEqual([2, '']);
    expect(letter.stderr).toContain('no usable line in letter.log');
  });
});
