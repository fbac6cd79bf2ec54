// Goal: what a terminal shows changes only on purpose.
// Method: the tables of a few commands against fixtures/cli. To accept new ones, run with
// HINDCAST_GOLDEN=write and read the difference.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { connect } from './log-lines.ts';
import { outputKept } from './kept-hindcast.ts';
import { filesBelow, FIXTURES, newFolder } from './run-hindcast.ts';

const GOLDEN = path.join(FIXTURES, 'cli');
const LOG = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
const FIRST = path.join(FIXTURES, 'policy', 'good', 'first.yaml');
const FULL = path.join(FIXTURES, 'policy', 'good', 'full.yaml');

const TROUBLED = {
  'mx1/mail.log': [
    connect('Nov 20 10:00:00', '192.0.2.1'),
    'Nov 20 10:00:01 mx1 postfix/qmgr[9]: 4AAAAA: removed\n',
    connect('Dec 24 10:00:00', '192.0.2.9', { pid: 101 }),
    connect('Nov 20 10:01:00', '192.0.2.2', { pid: 102 }),
    connect('Nov 20 10:00:30', '192.0.2.3', { pid: 103 }),
    'Dear postmaster,\n',
    '\n',
    connect('Nov 20 12:30:00', '127.0.0.1', { pid: 104 }),
  ].join(''),
  'mx2/mail.log': connect('2026-11-20T10:00:00Z', '2001:db8::1', { host: 'mx2' }),
  'mx2/copy.log': connect('2026-11-20T10:00:00Z', '2001:db8::1', { host: 'mx2' }),
};

const ATTACKER = ['--ip', '192.0.2.0/26', '--from', '2026-11-20T17:27:25Z'];

const EDITED = ['--policy', 'first.yaml', '--policy', 'edited.yaml'];
const ENFORCED = [
  '--policy',
  FIRST,
  '--tz',
  'Europe/Berlin',
  '--enforce',
  '--retry',
  '10s',
  '--good',
  'partners.cidr',
];
const PHASE = ['check', 'first.yaml', '--phase', LOG, '--tz', 'Europe/Berlin'];
const EVERYTHING = path.join(FIXTURES, 'replay', 'everything.yaml');
/** A rule of one count and one of several conditions fire, a ratio does not. */
const EXPLAINED = [
  '--policy',
  EVERYTHING,
  '--tz',
  'Europe/Berlin',
  '--firing',
  '60',
  '--lines',
  '2',
];

const SHOWN: Readonly<Record<string, readonly string[]>> = {
  'replay-policy.txt': ['replay', LOG, '--policy', FIRST, '--tz', 'Europe/Berlin'],
  'replay-enforced.txt': ['replay', LOG, ...ENFORCED],
  'replay-bare.txt': ['replay', LOG, '--tz', 'Europe/Berlin'],
  'replay-troubled.txt': ['replay', '.', '--year', '2026'],
  'compare.txt': ['compare', LOG, ...EDITED, '--tz', 'Europe/Berlin', '--limit', '4'],
  'compare-json.txt': [
    'compare',
    LOG,
    ...EDITED,
    '--tz',
    'Europe/Berlin',
    '--limit',
    '2',
    '--format',
    'json',
  ],
  'inspect-troubled.txt': ['inspect', '.', '--year', '2026'],
  'convert-csv.txt': ['convert', '.', '--year', '2026'],
  'convert-ndjson.txt': ['convert', '.', '--year', '2026', '--to', 'ndjson'],
  'top.txt': ['top', LOG, '--tz', 'Europe/Berlin', '--last', '10s', '--limit', '5'],
  'timeline.txt': ['timeline', LOG, ...ATTACKER, '--tz', 'Europe/Berlin', '--window', '1s'],
  'explain.txt': ['explain', LOG, ...EXPLAINED],
  'explain.json': ['explain', LOG, ...EXPLAINED, '--json'],
  'check.txt': ['check', 'first.yaml', 'full.yaml'],
  'check-phase.txt': PHASE,
  'check-phase-json.txt': [...PHASE, '--steps', '2', '--format', 'json'],
};

test('every golden file has its command', () => {
  expect(readdirSync(GOLDEN).toSorted()).toEqual(Object.keys(SHOWN).toSorted());
});

test.each(Object.entries(SHOWN))('%s', async (name, args) => {
  const policies = Object.fromEntries(
    [FIRST, FULL, path.join(path.dirname(FULL), 'partners.cidr')].map((file) => [
      path.basename(file),
      readFileSync(file),
    ]),
  );
  const edited = readFileSync(FIRST, 'utf8').replace('above: 5', 'above: 9');
  const files = { ...TROUBLED, ...policies, 'edited.yaml': edited };
  const shown = await outputKept(args, { cwd: newFolder(files) });
  const golden = path.join(GOLDEN, name);
  if (process.env['HINDCAST_GOLDEN'] === 'write') writeFileSync(golden, shown);
  expect(shown).toBe(readFileSync(golden, 'utf8'));
});

test.each([
  ['0', 0],
  ['2', 2],
  ['all', 459],
])('--top %s', async (top, keys) => {
  const cwd = newFolder();
  const args = ['replay', LOG, '--tz', 'Europe/Berlin', '--top', top, '--out', 'out'];
  await outputKept(args, { cwd });
  const rows = filesBelow(path.join(cwd, 'out'))['keys.csv'].split('\n');
  expect(rows.filter((row) => row.startsWith('connections,'))).toHaveLength(keys);
});
