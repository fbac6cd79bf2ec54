import { describe, expect, test } from 'vitest';
import type { ParserSetting } from '../../../../src/input/dialects.ts';
import { NDJSON } from '../../../../src/input/json/ndjson.ts';
import { TEXT, type EventField } from '../../../../src/model/event.ts';
import { parseDialect } from '../../../builders/dialect-rows.ts';
import type { Parsed } from '../event-rows.ts';

type Record = Readonly<{ [key: string]: unknown }>;

function parse(lines: readonly (string | Record)[], setting: Partial<ParserSetting> = {}): Parsed {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  return parseDialect(NDJSON, text.join('\n'), setting);
}

const mapped = (map: Readonly<{ [field in EventField]?: string }>): Partial<ParserSetting> => ({
  map: new Map(Object.entries(map) as [EventField, string][]),
});

test('every field', () => {
  const event = {
    time: '2026-11-20T17:27:13.049Z',
    kind: 'rejection',
    ip: '192.0.2.7',
    node: 'mx1',
    service: 'ECStream',
    listener: 'postfix',
    session: 'p[1]',
    queue_id: '4AB',
    phase: 'rcptto',
    sender: 's@a',
    recipient: 'r@b',
    helo: 'h',
    user: 'u',
    code: 550,
    enhanced: '5.1.1',
    reason: 'no, "never"\n\\ä',
    size: 1234,
    recipients: 2,
    verdict: 'greylisted',
    file: 'old.log',
    line: 77,
  };
  const { rows, classes } = parse([event, { ...event, code: '550', size: '1234', x: [{}] }]);
  expect(classes).toEqual([2, 0, 0]);
  expect(rows).toEqual([event, event]);
});

test('null, an empty string and a missing key leave a field unset', () => {
  const event = { time: 0, kind: 'connect' };
  const { rows } = parse([
    event,
    { ...event, ip: null, code: null },
    { ...event, ip: '', code: '' },
  ]);
  const bare = { time: '1970-01-01T00:00:00Z', kind: 'connect' };
  expect(rows).toEqual([1, 2, 3].map((line) => ({ ...bare, line })));
});

describe('time', () => {
  test.each([
    [1795195633, '2026-11-20T17:27:13Z'],
    ['1795195633', '2026-11-20T17:27:13Z'],
    [1795195633.0495, '2026-11-20T17:27:13.049Z'],
    [1795195633049, '2026-11-20T17:27:13.049Z'],
    ['2026-11-20T18:27:13+01:00', '2026-11-20T17:27:13Z'],
    ['2026-11-20T18:27:13', '2026-11-20T17:27:13Z'],
    ['2026-11-20 18:27:13.049295', '2026-11-20T17:27:13.049Z'],
  ])('%j', (time, wanted) => {
    expect(parse([{ time, kind: 'a' }]).rows[0]['time']).toBe(wanted);
  });

  test('with escapes', () => {
    const { rows } = parse([String.raw`{"time":"2026-11-20T18:27:13\u002b01:00","kind":"\u0061"}`]);
    expect(rows).toEqual([{ time: '2026-11-20T17:27:13Z', kind: 'a', line: 1 }]);
  });
});

test.each([
  ['not JSON', '{"time":1,"kind":"a"'],
  ['not JSON', 'Nov 20 18:27:13 mx1 postfix/smtpd[1]: connect from x[192.0.2.1]'],
  ['not JSON', '[1]'],
  ['no such time', { kind: 'a' }],
  ['no such time', { time: null, kind: 'a' }],
  ['no such time', { time: 'noon', kind: 'a' }],
  ['no such time', { time: [1795195633], kind: 'a' }],
  ['no such time', { time: -1, kind: 'a' }],
  ['no such kind', { time: 1 }],
  ['no such kind', { time: 1, kind: 'Connect!' }],
  ['address cannot be read', { time: 1, kind: 'a', ip: '192.0.2.256' }],
  ['address cannot be read', { time: 1, kind: 'a', ip: ['192.0.2.1'] }],
  ['code cannot be read', { time: 1, kind: 'a', code: 5.5 }],
  ['no such phase', { time: 1, kind: 'a', phase: 'helo' }],
  ['no such verdict', { time: 1, kind: 'a', verdict: true }],
])('%s: %j', (reason, line) => {
  const { reasons, classes } = parse([line]);
  expect([reasons, classes]).toEqual([[reason], [0, 0, 1]]);
});

test('empty lines are irrelevant', () => {
  expect(parse(['', ' \r', '{"time":1,"kind":"a"}']).classes).toEqual([1, 2, 0]);
});

describe('the map', () => {
  const map = mapped({ time: 'ts', ip: 'client.addr', sender: 'mail.from', helo: 'mail.from' });

  test('leads through objects, or to keys with dots', () => {
    const nested = { ts: 1, client: { addr: '192.0.2.7' }, mail: { from: 'a@b' } };
    const flat = { ts: 1, 'client.addr': '192.0.2.7', 'mail.from': 'a@b' };
    const { rows } = parse([nested, flat, { ...nested, ...flat, 'client.addr': '192.0.2.8' }], {
      ...map,
      defaultKind: 'connect',
    });
    expect(rows.map(({ ip, sender, helo }) => [ip, sender, helo])).toEqual(
      Array.from({ length: 3 }, () => ['192.0.2.7', 'a@b', 'a@b']),
    );
  });

  test('a name of ours that is mapped away says nothing', () => {
    const { rows } = parse([{ ts: 1, ip: '192.0.2.7' }], { ...map, defaultKind: 'connect' });
    expect(rows[0]['ip']).toBeUndefined();
  });
});

test('--node stands for the node of the records; fields that no policy asks are not set', () => {
  const { rows } = parse([{ time: 1, kind: 'a', node: 'x', sender: 's@a', session: 'p' }], {
    node: 'mx9',
    needs: { textFields: 1 << TEXT.helo },
  });
  expect(rows).toEqual([
    { time: '1970-01-01T00:00:01Z', kind: 'a', node: 'mx9', session: 'p', line: 1 },
  ]);
});
