import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCut } from '../../../src/cli/commands/cut.ts';
import { CheckError, UserError } from '../../../src/model/errors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-cut-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => path.join(folder, name);
const KEY = '00112233445566778899aabbccddeeff'.repeat(2);

const connect = (second: number, pid: number, peer: string): string[] => [
  `Mar  1 10:00:0${second} mx1 postfix/smtpd[${pid}]: connect from unknown[${peer}]`,
  `Mar  1 10:00:0${second} mx1 postfix/smtpd[${pid}]: warning: unknown[${peer}]: SASL LOGIN authentication failed: x, sasl_username=bob`,
  `Mar  1 10:00:0${second} mx1 postfix/smtpd[${pid}]: disconnect from unknown[${peer}]`,
];
const log = [
  ...connect(0, 1, '192.0.2.7'),
  ...connect(1, 2, '198.51.100.1'),
  ...connect(2, 3, '192.0.2.8'),
  '',
].join('\n');
const files = {
  'mail.log': log,
  'second.log': log.replaceAll('mx1', 'mx2'),
  'old.log': 'old\n',
  'limits.siv': 'keep;\n',
  'bare.yaml': 'hindcast: 1\n',
  'users.yaml':
    'hindcast: 1\nrules:\n  - { name: users, distinct: ip, on: auth_failure, per: user, above: 0, then: tag }\n',
  'blocks.yaml':
    'hindcast: 1\nrules:\n  - { name: blocks, count: connections, per: { ipv4: 24, ipv6: 64 }, above: 1, then: tag }\n',
  'short.key': 'abc',
};
for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);

type Flags = Parameters<typeof runCut>[1];

async function run(flags: Flags, logs: readonly string[] = [at('mail.log')]): Promise<string> {
  let shown = '';
  const write = (text: string): true => {
    shown += text;
    return true;
  };
  const stdio = { out: write, drained: () => undefined, err: write, errIsTerminal: false };
  await runCut(logs, { year: ['2026'], ...flags }, {
    stdio,
    signal: new AbortController().signal,
    exit: () => undefined,
  } as unknown as Parameters<typeof runCut>[2]);
  return shown;
}

const ip = ['192.0.2.7'];
const out = at('out.log');

test.each<[Flags, string]>([
  [{ ip }, 'cut needs --out: where to?'],
  [{ out }, 'cut needs --ip or --firing: whose lines?'],
  [{ out, ip: ['mx1'] }, '--ip mx1: neither an address nor a network'],
  [{ out, ip, firing: 1 }, '--ip does not go with --firing, which names the block'],
  [{ out, firing: 1 }, '--firing needs --policy: whose firings?'],
  [{ out, ip, around: '5m' }, '--around needs --policy: whose firings?'],
  [{ out, ip, keyText: KEY }, '--key-text goes with --anonymize'],
  [{ out, ip, key: 'x' }, '--key goes with --anonymize'],
  [{ out, ip, anonymize: true, key: 'x', keyText: KEY }, '--key and --key-text: one key is enough'],
  [{ out, ip, anonymize: true, keyText: 'abc' }, '--key-text: not a key'],
  [{ out, ip, anonymize: true, key: at('short.key') }, `--key ${at('short.key')}: not a key`],
  [{ out, ip, policy: at('limits.siv') }, 'limits.siv is a script'],
  [{ out, ip, policy: at('bare.yaml') }, 'bare.yaml has no rules'],
  [
    { out, policy: at('blocks.yaml'), firing: 9 },
    '--firing 9: firings.csv of this replay has 1 row',
  ],
  [
    { out, policy: at('users.yaml'), firing: 1 },
    '--firing 1: users counts by a text, bob, which has no peer',
  ],
  [{ out, ip: ['192.0.2.254'] }, 'no event of 192.0.2.254/32 in the logs'],
  [{ out, ip, from: '2027-01-01' }, 'no event of 192.0.2.7/32 in the span asked for'],
  [
    { out, ip: ['203.0.113.7'], policy: at('blocks.yaml'), around: '1m' },
    'no rule fires for 203.0.113.7/32: --around has nothing to go around',
  ],
  [{ out: at('old.log'), ip }, `${at('old.log')} exists`],
  [{ out: at('no/x.log'), ip }, `no such folder: ${at('no')}`],
  [{ out: at('mail.log'), ip, force: true }, 'would replace the log mail.log'],
])('%j', async (flags, message) => {
  const error: unknown = await run(flags).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).toContain(message);
  expect(existsSync(out)).toBe(false);
});

test('standard input cannot be read several times', async () => {
  await expect(run({ out, ip }, ['-'])).rejects.toThrow('which standard input cannot do');
});

test('a folder where several logs are cut, and a file is in its place', async () => {
  const logs = [at('mail.log'), at('second.log')];
  await expect(run({ out: at('old.log'), ip }, logs)).rejects.toThrow('is a file, not a folder');
  await run({ out: at('folder'), ip }, logs);
  const second = readFileSync(at('folder/second.log'), 'utf8');
  expect(second).toBe(connect(0, 1, '192.0.2.7').join('\n').replaceAll('mx1', 'mx2') + '\n');
  await expect(run({ out: at('folder'), ip }, logs)).rejects.toThrow('.log exists');
  await run({ out: at('folder'), ip: ['192.0.2.8'], force: true }, logs);
  expect(readFileSync(at('folder/mail.log'), 'utf8')).toContain('192.0.2.8');
});

test('neighbours that were not kept are missed, and nothing is written', async () => {
  const flags = { out, ip, policy: at('blocks.yaml') };
  const error: unknown = await run(flags).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(CheckError);
  expect((error as Error).message).toBe(
    [
      'the cut does not show what the whole shows; nothing is written',
      'only in the whole: blocks 192.0.2.0/24 2026-03-01T10:00:00Z: firings 1, peak 2',
      'blocks: per /24 counts neighbours that were not kept: --ip 192.0.2.0/24',
    ].join('\n  '),
  );
  expect(existsSync(out)).toBe(false);
  expect(existsSync(at('.out.log.partial'))).toBe(false);
});

test('an ignored network stays under pseudonyms, so that it is ignored', async () => {
  writeFileSync(at('ignore.yaml'), `${files['blocks.yaml']}ignore: [198.51.100.0/24]\n`);
  const flags = { ip: ['0.0.0.0/0'], policy: at('ignore.yaml'), anonymize: true, keyText: KEY };
  await run({ ...flags, out: at('ignored.log') });
  const text = readFileSync(at('ignored.log'), 'utf8');
  expect(text).toContain('[198.51.100.1]');
  expect(text).not.toMatch(/192\.0\.2\.|mx1|bob/);
});

test('a key gives the same bytes, no key others each time', async () => {
  writeFileSync(at('hex.key'), `${KEY}\n`);
  writeFileSync(at('raw.key'), Buffer.from(KEY, 'hex'));
  const keys: readonly Flags[] = [
    { keyText: KEY },
    { key: at('hex.key') },
    { key: at('raw.key') },
    {},
    {},
  ];
  const texts: string[] = [];
  for (const key of keys) {
    const shown = await run({ ip, out, force: true, anonymize: true, ...key });
    expect(shown.includes('the key was made for this cut and is gone')).toBe(texts.length > 2);
    texts.push(readFileSync(out, 'utf8'));
  }
  rmSync(out);
  expect([texts[1], texts[2]]).toEqual([texts[0], texts[0]]);
  expect(new Set(texts).size).toBe(3);
});

test('a span, and --around: what reaches into it is kept whole', async () => {
  const span = { from: '2026-03-01T10:00:02Z', to: '2026-03-01T10:00:03Z' };
  await run({ ip: ['0.0.0.0/0'], out: at('span.log'), ...span });
  expect(readFileSync(at('span.log'), 'utf8')).toBe(`${connect(2, 3, '192.0.2.8').join('\n')}\n`);
  // The firing is in the window of 10:00; what is later than a minute behind it is left out.
  const long = `${log}Mar  1 12:00:00 mx1 postfix/smtpd[9]: connect from unknown[192.0.2.9]\n`;
  writeFileSync(at('long.log'), long);
  const flags = { policy: at('blocks.yaml'), firing: 1, around: '1m', out: at('around.log') };
  await run(flags, [at('long.log')]);
  expect(readFileSync(at('around.log'), 'utf8')).toBe(
    `${[...connect(0, 1, '192.0.2.7'), ...connect(2, 3, '192.0.2.8')].join('\n')}\n`,
  );
});

test('a session that is open in the span, and a restart while it was', async () => {
  const [first, failed, last] = connect(0, 1, '192.0.2.7');
  const restart =
    'Mar  1 10:00:03 mx1 postfix/master[1]: daemon started -- version 3.10.1, configuration /x';
  const before = restart.replace('10:00:03', '09:00:00');
  const lines = [before, first, failed, restart, last.replace('10:00:00', '10:00:08'), ''];
  writeFileSync(at('open.log'), lines.join('\n'));
  const span = { from: '2026-03-01T10:00:02Z', to: '2026-03-01T10:00:03Z' };
  await run({ ip, out: at('open-cut.log'), ...span }, [at('open.log')]);
  const text = readFileSync(at('open-cut.log'), 'utf8');
  expect(text.split('\n').slice(0, 3)).toEqual([first, failed, restart]);
});

test('what the windows of a rule count before the span is kept, too', async () => {
  const policy = at('windows.yaml');
  writeFileSync(policy, files['blocks.yaml'].replace('per:', 'windows: 0..1, per:'));
  const early = connect(0, 1, '192.0.2.7');
  const late = connect(0, 2, '192.0.2.7').map((line) => line.replace('10:00', '10:06'));
  const old = connect(0, 3, '192.0.2.7').map((line) => line.replace('10:00', '08:00'));
  writeFileSync(at('windows.log'), [...old, ...early, ...late, ''].join('\n'));
  const flags = { policy, firing: 1, around: '0s', out: at('windows-cut.log') };
  await run(flags, [at('windows.log')]);
  expect(readFileSync(at('windows-cut.log'), 'utf8')).toBe(`${[...early, ...late].join('\n')}\n`);
});

test('JSON', async () => {
  const shown = await run({ ip, out: at('json.log'), format: 'json' });
  const json = shown.slice(0, shown.indexOf('\n}\n') + 2);
  expect(JSON.parse(json)).toEqual({
    hindcast: expect.any(String) as string,
    blocks: ['192.0.2.7/32'],
    files: [{ file: 'json.log', lines: 3, of: 9 }],
    events: 3,
    sessions: 1,
    messages: 0,
    peers: 1,
    first: '2026-03-01T10:00:00Z',
    last: '2026-03-01T10:00:00Z',
    anonymized: false,
    firings: null,
    read_with: '--year 2026',
  });
  expect(shown).toContain('hindcast: read it with --year 2026\n');
});
