// Goal: a cut is what belongs to some peers, byte for byte, and shows what the whole shows.
// Method: the built command cuts the recorded log; an obvious twin picks the same lines, a replay
// of the cut fires as the whole did, and anonymised cuts hold nothing that names anyone.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { examplesOf, patternOf } from './doc-examples.ts';
import { outputKept, runKept } from './kept-hindcast.ts';
import { FIXTURES, newFolder, readCsv, ROOT } from './run-hindcast.ts';

const LOG = path.join(FIXTURES, 'logs', 'postfix', 'maillog-20261120.gz');
const FIRST = path.join(FIXTURES, 'policy', 'good', 'first.yaml');
const EVERYTHING = path.join(FIXTURES, 'replay', 'everything.yaml');
const ZONE = ['--tz', 'Europe/Berlin'];
const READ = [...ZONE, '--year', '2026'];
const KEY = '00112233445566778899aabbccddeeff'.repeat(2);
const whole = gunzipSync(readFileSync(LOG))
  .toString('latin1')
  .split(/(?<=\n)/);

async function cut(
  args: readonly string[],
  out = path.join(newFolder(), 'cut.log'),
): Promise<string> {
  const { code, stderr } = await runKept(['cut', LOG, ...ZONE, '--out', out, ...args]);
  if (code !== 0) throw new Error(stderr);
  return out;
}

/**
 * Lines of the peers that a pattern matches, in two readings: the first gives every line a session,
 * the second takes the sessions that have a line of such a peer.
 */
function twin(isKept: (address: string) => boolean): string[] {
  const processes = new Map<string, number>();
  const ids = new Map<string, number>();
  const kept = new Set<number>();
  const owners = whole.map((line, index): number | undefined => {
    const [, tag, text] = /^.{16}\S+ (\S+): (.*)$/s.exec(line)!;
    const id = /^([0-9A-Za-z]{6,}): /.exec(text)?.[1] ?? '';
    if (text.startsWith('connect from')) processes.set(tag, index);
    const own = processes.get(tag);
    if (text.includes(': client=')) ids.set(id, own ?? index);
    const owner = ids.get(id) ?? own;
    const peer = /(?:from |client=|warning: )[^ [\]]+\[([^\]]+)\]/.exec(text)?.[1] ?? '';
    if (own !== undefined && isKept(peer)) kept.add(own);
    if (text.startsWith('disconnect from')) processes.delete(tag);
    if (text.endsWith(': removed\n')) ids.delete(id);
    return owner;
  });
  return whole.filter((line, index) => {
    const owner = owners[index];
    if (owner !== undefined) return kept.has(owner);
    if (!/ postfix\/\S*(?:smtpd|postscreen|dnsblog|anvil)\[\d+\]: /.test(line)) return false;
    return [...line.matchAll(/[\d.]{7,}|[0-9a-f:]{8,}/g)].some(([address]) => isKept(address));
  });
}

describe('lines', () => {
  test.each([
    ['198.18.40.99', (address: string) => address === '198.18.40.99'],
    ['2001:db8:6::/48', (address: string) => address.startsWith('2001:db8:6:')],
  ])('%s: those that a twin picks, byte for byte', async (block, isKept) => {
    const found = readFileSync(await cut(['--ip', block]), 'latin1').split(/(?<=\n)/);
    const expected = twin(isKept);
    expect(expected.length).toBeGreaterThan(50);
    expect(found).toEqual(expected);
  });
});

type Row = Record<string, string>;

async function firings(log: string, policy: string, options = READ): Promise<Row[]> {
  const out = newFolder();
  await outputKept(['replay', log, ...options, '--policy', policy, '--out', out]);
  return readCsv(readFileSync(path.join(out, 'firings.csv'), 'utf8'));
}

/** What two replays share, whatever the keys are called and on which line an event stands. */
const counted = (rows: readonly Row[]): string[] =>
  rows
    .map((row) => [row['rule'], row['window_start'], row['firings'], row['peak']].join(' '))
    .sort();

describe('firings', () => {
  test('the block of a row fires as in the whole, plain and anonymised', async () => {
    const rows = await firings(LOG, FIRST, ZONE);
    const number = rows.findIndex(({ key }) => key === '198.51.100.0/24') + 1;
    const { key } = rows[number - 1];
    // Other rules count narrower blocks in it.
    const prefix = key!.replace(/0\/24$/, '');
    const own = rows.filter((each) => each['key']!.startsWith(prefix));
    expect(own.length).toBeGreaterThan(2);
    const row = ['--policy', FIRST, '--firing', String(number)];
    const hide = ['--anonymize', '--key-text', KEY];
    const [plain, shown] = await Promise.all(
      [row, [...row, ...hide]].map(async (args) => firings(await cut(args), FIRST)),
    );
    const same = (each: Row): Row => ({ ...each, file: '', line: '' });
    expect(plain.map(same)).toEqual(own.map(same));
    expect(counted(shown)).toEqual(counted(own));
    expect(shown.some((each) => each['key'] === key)).toBe(false);
  });
});

describe('pseudonyms', () => {
  test('nothing of the log is left, and its events are the same under other names', async () => {
    const everyone = ['--ip', '0.0.0.0/0', '--ip', '::/0'];
    const hide = ['--policy', EVERYTHING, '--anonymize', '--key-text', KEY];
    const [plain, hidden] = await Promise.all([cut(everyone), cut([...everyone, ...hide])]);
    const [before, after] = await Promise.all([
      firings(LOG, EVERYTHING, ZONE),
      firings(hidden, EVERYTHING),
    ]);
    expect(counted(after)).toEqual(counted(before));
    const [ours, theirs] = await Promise.all(
      [plain, hidden].map(async (file) => readCsv(await outputKept(['convert', file, ...READ]))),
    );
    expect(theirs).toHaveLength(ours.length);
    const text = readFileSync(hidden, 'latin1').toLowerCase();
    const names = new Set<string>();
    for (const field of ['ip', 'node', 'sender', 'recipient', 'helo', 'user', 'queue_id']) {
      const there = new Map<string, string>();
      const back = new Map<string, string>();
      const mismatched = ours.filter((row, index) => {
        const [a, b] = [row[field]!, theirs[index][field]!];
        const differs = (there.get(a) ?? b) !== b || (back.get(b) ?? a) !== a;
        there.set(a, b);
        back.set(b, a);
        names.add(a.toLowerCase());
        return differs;
      });
      expect(mismatched).toEqual([]);
    }
    for (const field of ['time', 'kind', 'phase', 'code', 'enhanced', 'size', 'verdict', 'line']) {
      expect(theirs.map((row) => row[field])).toEqual(ours.map((row) => row[field]));
    }
    // Loopback stays, and short names are words of other texts.
    const told = [...names].filter((name) => {
      return name.length >= 8 && !name.startsWith('127.') && !/^[a-z]+$/.test(name);
    });
    expect(told.length).toBeGreaterThan(500);
    expect(told.filter((name) => text.includes(name))).toEqual([]);
  });
});

const CONVERTED = ['--input-format', 'csv'];

describe('other inputs', () => {
  test('rows of a CSV, with its header, plain and anonymised', async () => {
    const log = path.join(
      newFolder({ 'events.csv': await outputKept(['convert', LOG, ...ZONE]) }),
      'events.csv',
    );
    const out = path.join(newFolder(), 'cut.csv');
    const rows = readCsv(readFileSync(log, 'utf8'));
    await runKept(['cut', log, '--ip', '198.18.40.99', '--out', out, ...CONVERTED]);
    const found = readCsv(readFileSync(out, 'utf8'));
    expect(found.filter(({ kind }) => kind !== 'restart' && kind !== 'clock')).toEqual(
      rows.filter(({ ip }) => ip === '198.18.40.99'),
    );
    const { code, stderr } = await runKept([
      'cut',
      log,
      '--ip',
      '198.18.40.99',
      '--out',
      out,
      '--force',
      '--anonymize',
      '--key-text',
      KEY,
    ]);
    expect([code, stderr]).toEqual([0, '']);
    const hidden = readCsv(readFileSync(out, 'utf8'));
    expect(hidden.map(({ kind, time }) => [kind, time])).toEqual(
      found.map(({ kind, time }) => [kind, time]),
    );
    expect(readFileSync(out, 'utf8')).not.toMatch(/198\.18\.40\.99|mx1/);
  });

  test('several logs become a folder of their names; what ends in .gz is packed', async () => {
    const half = whole.length / 2;
    const [a, b] = [whole.slice(0, half), whole.slice(half)].map((lines) => {
      return Buffer.from(lines.join(''), 'latin1');
    });
    const logs = newFolder({ 'a/mail.log': a, 'b/mail.log.gz': gzipSync(b) });
    const out = path.join(newFolder(), 'cut');
    const { code, stderr } = await runKept([
      'cut',
      logs,
      ...READ,
      '--ip',
      '198.51.100.0/24',
      '--policy',
      FIRST,
      '--out',
      out,
    ]);
    expect(stderr).toBe('hindcast: read it with --tz Europe/Berlin --year 2026\n');
    expect(code).toBe(0);
    const texts = [
      readFileSync(path.join(out, 'a', 'mail.log'), 'latin1'),
      gunzipSync(readFileSync(path.join(out, 'b', 'mail.log.gz'))).toString('latin1'),
    ];
    expect(texts.join('').split(/(?<=\n)/)).toEqual(
      twin((address) => address.startsWith('198.51.100.')),
    );
  });
});

describe('docs/cut.md', () => {
  const examples = examplesOf('cut.md');

  test('has examples', () => expect(examples.length).toBeGreaterThan(1));

  test.each(examples)('$command', async ({ args, output }) => {
    const out = path.join(newFolder(), 'fixture.log');
    const run = args.map((word) => (word === 'fixture.log' ? out : word));
    const { stdout, stderr } = await runKept(run, { cwd: ROOT });
    expect(stdout + stderr).toMatch(patternOf(output));
  });
});
