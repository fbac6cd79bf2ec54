import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { decodeText, EventBatch } from '../../../src/model/event-batch.ts';
import { EVENT_COLUMNS, KIND, TEXT, TEXT_FIELDS } from '../../../src/model/event.ts';
import { blockText, fieldValue, peerText } from '../../../src/model/field-value.ts';
import { Vocabulary, Words } from '../../../src/model/vocabulary.ts';
import { batchOf, NOON_MS } from '../../builders/event-batches.ts';

const FULL = {
  kind: 'rejection',
  ip: '2001:db8::1',
  node: 'mx1',
  service: 'ECStream',
  listener: 'postfix',
  session: 'postfix/smtpd[7]',
  queue_id: 'A',
  phase: 'rcptto',
  sender: 'ann@example.com',
  recipient: 'bob@example.org',
  helo: 'mail.example.com',
  user: 'ann',
  code: 550,
  enhanced: '5.1.1',
  reason: 'user unknown',
  size: 1000,
  recipients: 2,
  verdict: 'rejected',
  file: 'maillog.1',
  line: 42,
} as const;

describe('a batch', () => {
  test('gives every field as converted events show it', () => {
    const batch = batchOf([
      { ...FULL, timeMs: NOON_MS + 49 },
      { kind: 'connect', timeMs: NOON_MS },
    ]);
    const fields = EVENT_COLUMNS.map((field) => [field, fieldValue(batch, 0, field)]);
    expect(Object.fromEntries(fields)).toEqual({
      ...Object.fromEntries(Object.entries(FULL).map(([field, value]) => [field, String(value)])),
      time: '2026-11-20T12:00:00.049Z',
    });
    const empty = EVENT_COLUMNS.filter((field) => fieldValue(batch, 1, field) === '');
    expect(EVENT_COLUMNS.filter((field) => !empty.includes(field))).toEqual([
      'time',
      'kind',
      'service',
      'line',
    ]);
  });

  test('grows and keeps what it holds', () => {
    const rows = Array.from({ length: 5000 }, (_, k) => ({
      ...FULL,
      timeMs: NOON_MS + k,
      releaseMs: NOON_MS + k + 7,
      ip: `192.0.2.${k % 256}`,
      user: `user${k}`,
      size: k,
      line: k + 1,
    }));
    const batch = batchOf(rows);
    for (const k of [0, 1023, 1024, 2048, 4999]) {
      expect(batch.time[k]).toBe(NOON_MS + k);
      expect(batch.release[k]).toBe(NOON_MS + k + 7);
      expect(peerText(batch, k)).toBe(`192.0.2.${k % 256}`);
      expect(batch.text(k, TEXT.user)).toBe(`user${k}`);
      expect([batch.size[k], batch.recipients[k], batch.code[k]]).toEqual([k, 2, 550]);
      expect(fieldValue(batch, k, 'line')).toBe(String(k + 1));
      expect([batch.phase[k], batch.verdict[k], batch.flags[k]]).toEqual([4, 2, 1]);
    }
  });

  test('that is used again shows nothing of its last block', () => {
    const batch = batchOf([{ ...FULL, timeMs: NOON_MS, releaseMs: NOON_MS + 1, reinjected: true }]);
    batch.setText(0, TEXT.user, 'old');
    batch.clear();
    const row = batch.push(NOON_MS + 5, KIND.connect, 1, 0);
    expect(row).toBe(0);
    const shown = EVENT_COLUMNS.filter((field) => fieldValue(batch, row, field) !== '');
    expect(shown).toEqual(['time', 'kind', 'service', 'line']);
    expect([batch.flags[0], batch.phases[0], batch.release[0]]).toEqual([0, 0, NOON_MS + 5]);
  });

  test('gives back the line of a row, without its line end', () => {
    const batch = batchOf([]);
    batch.bytes = Buffer.from('first\r\nsécond\n\xfflast', 'latin1');
    const rows = [0, 7, 14].map((start, index) => batch.push(0, KIND.connect, index + 1, start));
    batch.copyRow(rows[0], batch.push(0, KIND.connect, 4, 14));
    expect([...rows, 3].map((row) => batch.lineText(row))).toEqual([
      'first',
      's\\xe9cond',
      '\\xfflast',
      'first',
    ]);
  });

  test('copies a row with all its fields', () => {
    const batch = batchOf([{ ...FULL, timeMs: NOON_MS, releaseMs: NOON_MS + 9, reinjected: true }]);
    batch.setText(0, TEXT.reason, 'not in the block');
    const row = batch.push(0, KIND.connect, 0, 0);
    batch.copyRow(0, row);
    for (const field of EVENT_COLUMNS) {
      expect(fieldValue(batch, row, field)).toBe(fieldValue(batch, 0, field));
    }
    expect([batch.release[row], batch.flags[row]]).toEqual([NOON_MS + 9, 3]);
  });

  test('takes texts that do not stand in the block', () => {
    const batch = batchOf([{ kind: 'connect', timeMs: NOON_MS, user: 'block' }]);
    expect(batch.spanEnd(0, TEXT.user) - batch.spanStart(0, TEXT.user)).toBe(5);
    batch.setText(0, TEXT.user, '');
    expect(batch.text(0, TEXT.user)).toBe('block');
    batch.setText(0, TEXT.user, 'ann 📨');
    batch.setText(0, TEXT.sender, 'bob@example.com');
    expect([batch.text(0, TEXT.user), batch.text(0, TEXT.sender)]).toEqual([
      'ann 📨',
      'bob@example.com',
    ]);
    expect(batch.spanStart(0, TEXT.user)).toBe(-1);
    expect(batch.spanStart(0, TEXT.helo)).toBe(-1);
    batch.setSpan(0, TEXT.user, 0, 5);
    expect(batch.text(0, TEXT.user)).toBe('block');
  });

  test('an empty span leaves a field unset', () => {
    const batch = new EventBatch(new Vocabulary(), Buffer.from('abc'));
    batch.push(0, KIND.connect, 1, 0);
    for (const name of TEXT_FIELDS) batch.setSpan(0, TEXT[name], 2, 2);
    expect(batch.has[0]).toBe(0);
  });
});

const anyCharacter = fc
  .oneof(fc.nat(0x2ff), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10_ffff }))
  .map((code) => String.fromCodePoint(code));

describe('bytes as text', () => {
  const decoded = (...bytes: number[]): string => decodeText(Buffer.from(bytes), 0, bytes.length);

  test('UTF-8 is read as it is, its byte order mark too', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        const bytes = Buffer.from(`<${text}>`);
        expect(decodeText(bytes, 1, bytes.length - 1)).toBe(text);
      }),
    );
    expect(decoded(0xef, 0xbb, 0xbf, 0x61)).toBe('\ufeffa');
  });

  test('other bytes come out as hexadecimal', () => {
    expect(decoded(0x61, 0xe9, 0x62)).toBe('a\\xe9b');
    // One wrong byte makes all that are not ASCII hexadecimal.
    expect(decoded(0xc3, 0xa9, 0xff)).toBe('\\xc3\\xa9\\xff');
    expect(decoded(0xc3)).toBe('\\xc3');
  });
});

test('the block of a peer', () => {
  const rows = ['192.0.2.200', '2001:db8:1:2:3::4', undefined].map((ip) => {
    const row = { kind: 'connect', timeMs: NOON_MS };
    return ip === undefined ? row : { ...row, ip };
  });
  const batch = batchOf(rows);
  const blocks = (ipv4: number, ipv6: number): string[] =>
    [0, 1, 2].map((row) => blockText(batch, row, { ipv4, ipv6 }));
  expect(blocks(24, 48)).toEqual(['192.0.2.0/24', '2001:db8:1::/48', '']);
  expect(blocks(32, 128)).toEqual(['192.0.2.200/32', '2001:db8:1:2:3::4/128', '']);
  expect(blocks(0, 0)).toEqual(['0.0.0.0/0', '::/0', '']);
  expect(blocks(25, 79)).toEqual(['192.0.2.128/25', '2001:db8:1:2:2::/79', '']);
});

test('words are numbered in order of appearance, 65,535 at most', () => {
  const words = new Words(['']);
  expect([words.id(''), words.id('a'), words.id('b'), words.id('a')]).toEqual([0, 1, 2, 1]);
  expect([words.name(2), words.name(99), words.size]).toEqual(['b', '', 3]);
  for (let k = 0; k < 70_000; k++) words.id(`w${k}`);
  expect(words.size).toBe(65_535);
  expect([words.id('one more'), words.id('a')]).toEqual([undefined, 1]);
});

test('kinds of a CSV are numbered behind ours', () => {
  const { kinds } = new Vocabulary();
  expect(kinds.id('honeypot_hit')).toBe(32);
  expect(kinds.id('connect')).toBe(KIND.connect);
});
