// Goal: every command answers as documented, changes what it says, and refuses what it cannot do
// where that stands in the line.
import { describe, expect, test } from 'vitest';

import {
  CommandMistake,
  CONSOLE_CODES,
  explainFailure,
  type ConsoleCode,
} from '../../../src/console/mistake.ts';
import { TestConsole } from './test-target.ts';

describe('show ip', () => {
  test('shows N+1 windows of each monitor, connections first', async () => {
    expect(await new TestConsole().answer('inbound_audit show ip 192.0.2.0/24')).toBe(
      `Connections 300/0: 0
Connections 300/1: 1
Connections 300/2: 1
Connections 1800/0: 0
Connections 1800/1: 2
Receptions 300/0: 0
Receptions 300/1: 1
Receptions 300/2: 0
Receptions 1800/0: 0
Receptions 1800/1: 1
Rejections 300/0: 2
Rejections 300/1: 0
Rejections 300/2: 0
Rejections 1800/0: 2
Rejections 1800/1: 0
`,
    );
  });

  test.each([
    ['192.0.2.1', '1,1'],
    ['192.0.2.1/32', '1,1'],
    ['192.0.0.0/5', '1,1'],
    ['0.0.0.0/0', '1,1'],
    ['192.0.2.2/31', '0,0'],
    ['2001:db8::7', '0,1'],
    ['[2001:db8::7]', '0,1'],
    ['[2001:db8::]/32', '0,1'],
    ['::/0', '0,1'],
    ['2001:db8::6/128', '0,0'],
    ['::ffff:192.0.2.1', '1,1'],
  ])('%s', async (block, counts) => {
    const rows = (await new TestConsole().answer(`show ip ${block}`)).split('\n');
    expect(rows.slice(1, 3).map((row) => row.split(': ')[1])).toEqual(counts.split(','));
  });
});

test('show all lists addresses, metrics, monitors and windows in order, without zeros', async () => {
  const console = new TestConsole();
  await console.run('add both 300,12 2001:db8::7 -4');
  expect(await console.answer('show all')).toBe(`ip,metric,interval,window,count
192.0.2.1,connections,300,1,1
192.0.2.1,connections,300,2,1
192.0.2.1,connections,1800,1,2
192.0.2.1,rejections,300,0,2
192.0.2.1,rejections,1800,0,2
192.0.2.1,bad_rcpt,300,0,2
192.0.2.1,both,300,0,2
192.0.2.129,receptions,300,1,1
192.0.2.129,receptions,1800,1,1
198.51.100.7,connections,300,0,1
198.51.100.7,connections,1800,0,1
2001:db8::7,connections,300,2,1
2001:db8::7,connections,1800,1,1
2001:db8::7,both,300,0,-4
`);
});

describe('the prefix', () => {
  test.each(['', 'inbound_audit ', 'inbound_audit:inbound_audit1 ', '  inbound_audit:a.b\t'])(
    '"%s"',
    async (prefix) => {
      const answer = await new TestConsole().answer(
        `${prefix}count_cidr 192.0.2.0/24 bad_rcpt 300,12 0 11`,
      );
      expect(answer).toBe('2\n');
    },
  );
});

describe('named series', () => {
  test('are changed in window 0 and counted over blocks and windows', async () => {
    const console = new TestConsole();
    expect(await console.answer('add bad_rcpt 300,12 192.0.2.1 40')).toBe('42\n');
    expect(await console.answer('add bad_rcpt "300,12" 192.0.2.200/32 +7')).toBe('7\n');
    expect(await console.answer("subtract bad_rcpt '300, 12' 192.0.2.1 50")).toBe('-8\n');
    expect(await console.answer('add bad_rcpt 300,12 192.0.2.9 0')).toBe('0\n');
    expect(await console.answer('count_cidr 192.0.2.0/24 bad_rcpt 300,12 0 0')).toBe('-1\n');
    expect(await console.answer('count_cidr 192.0.2.128/25 bad_rcpt 300,12 0')).toBe('7\n');
    expect(await console.answer('count_cidr 192.0.2.0/24 bad_rcpt 300,12 1 11')).toBe('0\n');
    expect(console.changesText()).toBe('bad_rcpt (3 changes)');
    expect(await console.answer('delete_ip 192.0.2.1 bad_rcpt 300,12')).toBe(
      'deleted 1 key, which counted -8\n',
    );
    expect(await console.answer('delete_ip 192.0.2.1 bad_rcpt 300,12')).toBe(
      'deleted 0 keys, which counted 0\n',
    );
    expect(await console.answer('count_cidr 0.0.0.0/0 bad_rcpt 300,12 0 11')).toBe('7\n');
    expect(await console.answer('delete_ip 192.0.2.0/24 bad_rcpt 300,12')).toBe(
      'deleted 1 key, which counted 7\n',
    );
    expect(console.changesText()).toBe('bad_rcpt (5 changes)');
  });

  test('of texts take the text where the address stands', async () => {
    const console = new TestConsole();
    expect(await console.answer('add logins 300,12 "bob smith" 3')).toBe('3\n');
    expect(await console.answer('count_cidr alice logins 300,12 0 11')).toBe('2\n');
    expect(await console.answer("delete_ip 'bob smith' logins 300,12")).toBe(
      'deleted 1 key, which counted 3\n',
    );
  });

  test('count whole numbers to 2^53 and no further', async () => {
    const console = new TestConsole();
    expect(await console.answer('add both 300,12 192.0.2.9 9007199254740992')).toBe(
      '9007199254740992\n',
    );
    await expect(console.run('add both 300,12 192.0.2.9 1')).rejects.toThrow(
      'expected a new count within ±2^53, it stands at 9007199254740992',
    );
    expect(await console.answer('subtract both 300,12 192.0.2.9 9007199254740992')).toBe('0\n');
  });
});

describe('cluster shared', () => {
  const row = (count: string, block: string): string => `${count}${' '.repeat(25)}${block}\n`;
  const header = (view: string): string =>
    `lazy, snapped cidrtree 'inbound_cidr', view '${view}'\n`;
  const GLOBAL =
    header('global') +
    row('      3', '192.0.2.0/24') +
    row('      2', '192.0.2.1/32') +
    row('      1', '192.0.2.129/32') +
    row('      1', '2001:db8::7/128');

  test('list names what is kept', async () => {
    expect(await new TestConsole().answer('cluster shared list')).toBe(
      'Currently managed objects:\n                  inbound_cidr [lazy, cidrtree w/ snapshots]\n',
    );
  });

  test.each([
    ['show inbound_cidr', GLOBAL],
    [
      'show inbound_cidr from mx1',
      header('#ec1-0#mx1') + row('      1', '192.0.2.1/32') + row('      1', '2001:db8::7/128'),
    ],
    [
      'show inbound_cidr from ""',
      header('#ec1-0#') +
        row('      2', '192.0.2.0/24') +
        row('      1', '192.0.2.1/32') +
        row('      1', '192.0.2.129/32'),
    ],
    ['show inbound_cidr from mx2', header('#ec1-0#mx2')],
  ])('%s', async (command, answer) => {
    expect(await new TestConsole().answer(`cluster shared ${command}`)).toBe(answer);
  });

  test('show has a header alone where no session is open', async () => {
    const console = new TestConsole({ openSessions: () => [] }, []);
    expect(await console.answer('cluster shared show inbound_cidr')).toBe(header('global'));
  });

  test.each([
    ['outbound_cidr', 'only inbound_cidr is kept: logs tell which sessions clients open, '],
    ['inbound_cidr from mx', 'did you mean \'mx1\'? nodes: "", mx1, mx2'],
    ['inbound_cidr from relay', 'nodes: "", mx1, mx2'],
  ])('show %s has a hint', async (words, hint) => {
    const refused = new TestConsole().run(`cluster shared show ${words}`);
    await expect(refused).rejects.toHaveProperty('hint', expect.stringContaining(hint));
  });
});

test('help is the documented text, and ours behind it', async () => {
  const [documented, own] = (await new TestConsole().answer('help')).split(
    '\nAlso, in hindcast:\n',
  );
  expect(documented.split('\n').filter((line) => /^\S/.test(line))).toEqual([
    'show ip <ip[/mask]>',
    'delete_ip <ip> <series> <parameters>',
    'count_cidr <ip[/mask]> <series> <parameters> <period_start> <period_end>',
    'add <series> <parameters> <ip> <increment>',
    'subtract <series> <parameters> <ip> <decrement>',
    'show all',
    'load <series> <filename>',
  ]);
  expect(own).toContain('save\n');
});

describe('at', () => {
  const moved = async (word: string, back = false): Promise<string> => {
    const times: number[] = [];
    const moveTo = (timeMs: number): Promise<boolean> => {
      times.push(timeMs);
      return Promise.resolve(back);
    };
    const console = new TestConsole({ moveTo });
    await console.run('add both 300,12 192.0.2.1 1');
    await console.run(`at ${word}`);
    const [timeMs] = times;
    const when = timeMs === Infinity ? 'end' : new Date(timeMs).toISOString();
    return `${when} ${console.written.err}${console.changesText()}`;
  };

  test.each([
    ['2026-11-20T17:30:00Z', '2026-11-20T17:30:00.000Z'],
    ['2026-11-20T17:30:00.5+01:00', '2026-11-20T16:30:00.500Z'],
    ['"2026-11-20 17:30"', '2026-11-20T17:30:00.000Z'],
    ['17:30', '2026-11-20T17:30:00.000Z'],
    ['7:30:05', '2026-11-20T07:30:05.000Z'],
    ['+10m', '2026-11-20T12:10:03.000Z'],
    ['-1h', '2026-11-20T11:00:03.000Z'],
    ['+90', '2026-11-20T12:01:33.000Z'],
    ['end', 'end'],
  ])('%s', async (word, time) => {
    expect(await moved(word)).toBe(`${time} both (1 change)`);
  });

  test('back says what is lost', async () => {
    expect(await moved('11:00', true)).toBe(
      '2026-11-20T11:00:00.000Z hindcast: replayed from the start, lost: both (1 change)\n',
    );
  });

  test('alone says the time', async () => {
    expect(await new TestConsole().answer('at')).toBe('2026-11-20T12:00:03Z\n');
    expect(await new TestConsole({}, []).answer('at')).toBe('no event yet\n');
  });
});

test('save writes the state, and then nothing is unsaved', async () => {
  let saves = 0;
  const console = new TestConsole({ save: () => Promise.resolve(void saves++) });
  await console.run('add both 300,12 192.0.2.1 1');
  await console.run('delete_ip 192.0.2.1 bad_rcpt 300,12');
  console.sayUnsaved();
  expect(console.written.err).toBe('hindcast: not saved: both (1 change), bad_rcpt (1 change)\n');
  expect(await console.answer('save')).toBe('saved: both (1 change), bad_rcpt (1 change)\n');
  console.written.err = '';
  console.sayUnsaved();
  expect([saves, console.written.err]).toEqual([1, '']);
});

test('comments and empty lines do nothing; quit and exit leave', async () => {
  const console = new TestConsole();
  for (const line of ['', '  ', '# show ip', '  # x']) expect(await console.answer(line)).toBe('');
  expect(console.left).toBe(false);
  for (const line of ['quit', 'exit', 'inbound_audit quit']) {
    console.left = false;
    await console.run(line);
    expect(console.left).toBe(true);
  }
});

/** Code, line, what the caret stands under, and the message. */
const REFUSED: readonly (readonly [ConsoleCode, string, string, string])[] = [
  ['console-quote', 'add bad_rcpt "300,12 192.0.2.1 1', '"300,12 192.0.2.1 1', 'a closing "'],
  ['console-quote', "show ip '192.0.2.1'/32", '/', 'expected a blank behind the quote'],
  ['console-command', 'shwo ip 192.0.2.1', 'shwo', "no command 'shwo'"],
  ['console-command', 'show', '', 'expected show ip or show all'],
  ['console-command', 'show series', 'series', 'expected show ip or show all'],
  ['console-command', 'inbound_audit', '', 'expected a command'],
  ['console-command', 'cluster', '', 'expected cluster shared list or cluster shared show'],
  ['console-command', 'cluster show x', 'show', 'expected cluster shared list or cluster shared'],
  ['console-command', 'cluster shared', '', 'expected cluster shared list or cluster shared show'],
  ['console-command', 'cluster shared get x', 'get', 'expected cluster shared list or'],
  ['console-words', 'show ip', '', 'expected <ip[/mask]>'],
  ['console-words', 'add bad_rcpt 300,12', '', 'expected <ip> <increment>'],
  ['console-words', 'show all 192.0.2.1', '192.0.2.1', "nothing more, found '192.0.2.1'"],
  ['console-words', 'cluster shared list x', 'x', "nothing more, found 'x'"],
  ['console-words', 'cluster shared show', '', 'expected <object>'],
  ['console-words', 'cluster shared show inbound_cidr mx1', 'mx1', 'expected from <node>, found'],
  ['console-words', 'cluster shared show inbound_cidr from', '', 'expected <node>'],
  ['console-words', 'cluster shared show inbound_cidr from mx1 x', 'x', "nothing more, found 'x'"],
  ['console-object', 'cluster shared show outbound_cidr', 'outbound_cidr', 'no shared object'],
  ['console-node', 'cluster shared show inbound_cidr from mx3', 'mx3', "no node 'mx3'"],
  ['console-words', 'load bad_rcpt a b', 'b', 'expected the name of a series, and perhaps a file'],
  ['console-unsupported', 'xml inbound_audit show all', 'xml', 'answers in XML are not supported'],
  ['console-unsupported', 'at 10:00', '10:00', 'there are no logs here'],
  ['console-unsupported', 'save', 'save', 'there is no state to save to'],
  ['console-address', 'show ip 192.0.2.1/33', '192.0.2.1/33', 'expected an address or a block'],
  ['console-address', 'show ip mx.example.com', 'mx.example.com', 'expected an address'],
  ['console-address', 'show ip 2001:db8::/129', '2001:db8::/129', 'expected an address'],
  ['console-key', 'add bad_rcpt 300,12 2001:db8::1 1', '2001:db8::1', 'holds IPv4 addresses only'],
  ['console-key', 'count_cidr 192.0.2.1 six 300,12 0', '192.0.2.1', 'holds IPv6 addresses only'],
  ['console-key', 'add both 300,12 192.0.2.0/24 1', '192.0.2.0/24', 'expected a single address'],
  ['console-key', 'add logins 300,12 "" 1', '""', 'expected a text that is not empty'],
  ['console-series', 'add bad_rctp 300,12 192.0.2.1 1', 'bad_rctp', "no series 'bad_rctp'"],
  ['console-series', 'count_cidr 192.0.2.1 connections 300,2 0', 'connections', 'no series'],
  ['console-parameters', 'add both 300,6 192.0.2.1 1', '300,6', 'the parameters 300,12, not 300,6'],
  ['console-parameters', 'add both x 192.0.2.1 1', 'x', "such as 300,12, found 'x'"],
  ['console-window', 'count_cidr 192.0.2.1 both 300,12 0 12', '12', 'a window from 0 to 11'],
  ['console-window', 'count_cidr 192.0.2.1 both 300,12 -1 2', '-1', 'a window from 0 to 11'],
  ['console-window', 'count_cidr 192.0.2.1 both 300,12 3 2', '2', 'expected a window from 3 on'],
  ['console-amount', 'add both 300,12 192.0.2.1 1.5', '1.5', 'expected a whole number'],
  ['console-amount', 'add both 300,12 192.0.2.1 ten', 'ten', 'expected a whole number'],
  ['console-amount', 'add both 300,12 192.0.2.1 9007199254740993', '9007199254740993', '±2^53'],
];

/** What is refused where there are logs, or no event yet. */
const REFUSED_ELSEWHERE: typeof REFUSED = [
  ['console-time', 'at yesterday', 'yesterday', "expected a time, found 'yesterday'"],
  ['console-time', 'at 25:00', '25:00', 'expected a time'],
  ['console-time', 'at 1763659653', '1763659653', 'expected a time'],
  ['console-clock', 'at +10m', '+10m', 'there was no event yet'],
  ['console-clock', 'add both 300,12 192.0.2.1 1', 'both', 'there was no event yet'],
  ['console-clock', 'load both', 'both', 'there was no event yet'],
];

describe('a mistake is shown where it stands:', () => {
  /** What a refused line is answered, and whether anything has changed. */
  const refusal = async (console: TestConsole, line: string): Promise<object> => {
    const before = await console.answer('show all');
    const error = await console.run(line).catch((thrown: unknown) => thrown);
    if (!(error instanceof CommandMistake)) throw new Error(`'${line}' gave ${String(error)}`);
    const { code, message, span } = error;
    const changed = console.changes.size > 0 || (await console.answer('show all')) !== before;
    return { code, message, under: line.slice(span.start, span.end), changed };
  };

  test.each(REFUSED)('%s: %s', async (code, line, under, words) => {
    const message = expect.stringContaining(words) as string;
    const refused = await refusal(new TestConsole(), line);
    expect(refused).toEqual({ code, message, under, changed: false });
  });

  test.each(REFUSED_ELSEWHERE)('%s: %s', async (code, line, under, words) => {
    const moveTo = (): Promise<boolean> => Promise.resolve(false);
    const rows = code === 'console-clock' ? [] : undefined;
    const message = expect.stringContaining(words) as string;
    const refused = await refusal(new TestConsole({ moveTo }, rows), line);
    expect(refused).toEqual({ code, message, under, changed: false });
  });

  test('every code is among them', () => {
    const codes = [...REFUSED, ...REFUSED_ELSEWHERE].map(([code]) => code);
    expect(new Set(codes)).toEqual(new Set(CONSOLE_CODES));
  });

  test('with place, line, caret and hint', async () => {
    const console = new TestConsole();
    const line = 'add bad_rctp 300,12 192.0.2.1 1';
    const error = await console.run(line).catch((thrown: unknown) => thrown);
    expect(explainFailure(error as Error, line, { source: 'stdin', line: 12 })).toBe(
      `stdin:12:5: error: no series 'bad_rctp' [console-series]
12 add bad_rctp 300,12 192.0.2.1 1
       ^^^^^^^^
hint: did you mean 'bad_rcpt'? series: bad_rcpt 300,12, six 300,12, both 300,12, logins 300,12
`,
    );
  });
});
