import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { UnescapedText } from '../../src/input/json-syslog/unescaped-text.ts';
import { EventBatch } from '../../src/model/event-batch.ts';
import { TEXT_FIELDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import {
  type EnclosedLine,
  journald,
  journaldLine,
  quoted,
  rsyslogJson,
  rsyslogLine,
} from '../builders/enclosed-lines.ts';
import { fixture, parsePostfix, parseText, type EventRow } from '../unit/input/event-rows.ts';

const LINE = /^(\S+) (\S+) ([^[ ]+)\[(\d+)\]: (.*)$/;
const recorded: EnclosedLine[] = fixture('postfix/recorded.rfc3339.log.gz')
  .toString('utf8')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const [, stamp, host, tag, pid, text] = LINE.exec(line)!;
    return { stamp, host, tag, pid, text };
  });

const wellFormed = (text: string): string => text.replaceAll(/\p{Surrogate}/gu, '?');

const piece = fc.oneof(
  fc.constantFrom(
    '"',
    '\\',
    '\\"',
    '/',
    '\\u0022',
    '[',
    ']',
    ': ',
    ' from ',
    '; from=<',
    ' helo=<',
    'NOQUEUE: ',
    'message repeated 3 times: [ ',
    '\t',
    '\0',
    '\r',
    'ä',
    '\u2028',
    '😀',
    '"MESSAGE":"',
    ' ',
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 4 }).map((text) => text.replaceAll('\n', '?')),
);
const edits = fc.array(
  fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), remove: fc.nat(8), insert: piece }),
  { maxLength: 3 },
);
const edited = fc.tuple(fc.constantFrom(...recorded), edits).map(([line, changes]) => {
  let { text } = line;
  for (const { at, remove, insert } of changes) {
    const start = Math.floor(at * text.length);
    text = text.slice(0, start) + insert + text.slice(start + remove);
  }
  // Edits must not leave half a character, which no syslog line could hold.
  return { ...line, text: wellFormed(text) };
});

/** Which characters are escaped that need not be: none, all, or some. */
const escapes = fc.constantFrom<(place: number) => boolean>(
  () => false,
  () => true,
  (place) => place % 7 === 3,
  (place) => place === 20,
);

const syslogLine = ({ stamp, host, tag, pid, text }: EnclosedLine): string =>
  `${stamp} ${host} ${tag}[${pid}]: ${text}`;

// Goal: what carries a text does not change what it says.
// Method: recorded lines, edited at random, as syslog, as records of journald and of an rsyslog
// template, with more characters escaped than need be.
test('a text says the same in every container', () => {
  fc.assert(
    fc.property(fc.array(edited, { minLength: 1, maxLength: 6 }), escapes, (lines, chosen) => {
      const wanted = parsePostfix(lines.map(syslogLine).join('\n'));
      const asJournal = lines.map((line) => journaldLine(line, chosen)).join('\n');
      expect(parseText(journald, asJournal)).toEqual(wanted);
      const asRsyslog = lines.map((line) => rsyslogLine(line, chosen)).join('\n');
      expect(parseText(rsyslogJson, asRsyslog)).toEqual(wanted);
    }),
    { numRuns: 1500 },
  );
});

test('recorded lines say the same in every container', () => {
  const some = recorded.filter((_, place) => place % 4 === 1);
  const wanted = parsePostfix(some.map(syslogLine).join('\n'));
  expect(wanted.rows.length).toBeGreaterThan(1000);
  for (const chosen of [(): boolean => false, (place: number) => place % 5 === 1]) {
    const records = some.map((line) => journaldLine(line, chosen)).join('\n');
    expect(parseText(journald, records)).toEqual(wanted);
    const templates = some.map((line) => rsyslogLine(line, chosen)).join('\n');
    expect(parseText(rsyslogJson, templates)).toEqual(wanted);
  }
});

/** For each byte of a text, where it stands in its JSON that begins at `start`; -1 for an escape. */
function origins(text: string, chosen: (place: number) => boolean, start: number): number[] {
  const all: number[] = [];
  let [at, place] = [start, 0];
  for (const character of text) {
    const before = place;
    const json = quoted(character, (inner) => chosen(before + inner)).slice(1, -1);
    for (let i = 0; i < Buffer.byteLength(character); i++)
      all.push(json === character ? at + i : -1);
    at += Buffer.byteLength(json);
    place += character.length;
  }
  return all;
}

// Goal: a decoded text is what the string stands for, and knows where its pieces stand.
test('decoded strings', () => {
  const text = fc.array(piece).map((parts) => wellFormed(parts.join('')));
  fc.assert(
    fc.property(text, escapes, fc.nat(300), fc.nat(300), (wanted, chosen, a, b) => {
      const source = Buffer.from(`xx${quoted(wanted, chosen)}`);
      const decoded = new UnescapedText();
      decoded.decode(source, 3, source.length - 1);
      const { bytes, length } = decoded;
      expect(bytes.toString('utf8', 0, length)).toBe(wanted);
      const [from, to] = [Math.min(a, b), Math.max(a, b)].map((at) => at % (length + 1));
      if (to <= from) return;
      const stands = origins(wanted, chosen, 3).slice(from, to);
      const whole = stands.every((at, index) => at >= 0 && at === stands[0] + index);
      expect(decoded.sourceOf(from, to)).toBe(whole ? stands[0] : -1);
    }),
    { numRuns: 1000 },
  );
});

const records = [
  ...fixture('journald/journal.json.gz').toString('latin1').trimEnd().split('\n'),
  ...fixture('postfix/recorded.jsonl.gz').toString('latin1').trimEnd().split('\n').slice(0, 1500),
];
const broken = fc
  .tuple(
    fc.constantFrom(...records),
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        remove: fc.nat(12),
        insert: fc.constantFrom(
          '"',
          '\\',
          '\\u',
          '\\ud83d',
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          'null',
          '[110,111]',
          '["a","b"]',
          '\0',
          '\xff',
          '1e9',
          '',
          '","MESSAGE":"connect from x[192.0.2.7]',
        ),
      }),
      { maxLength: 4 },
    ),
  )
  .map(([line, changes]) => {
    let text = line;
    for (const { at, remove, insert } of changes) {
      const start = Math.floor(at * text.length);
      text = text.slice(0, start) + insert + text.slice(start + remove);
    }
    return text;
  });

// Goal: no bytes make a parser throw, point outside its record, or lose it.
test.each([
  ['journald', journald],
  ['rsyslog', rsyslogJson],
])('edited records of %s', (_name, make) => {
  fc.assert(
    fc.property(fc.array(broken, { minLength: 1, maxLength: 6 }), (lines) => {
      const bytes = Buffer.from(lines.join('\n'), 'latin1');
      const vocabulary = new Vocabulary();
      const batch = new EventBatch(vocabulary, bytes);
      const parser = make(vocabulary);
      let start = 0;
      lines.forEach((line, index) => {
        const before = batch.rows;
        const end = start + line.length;
        const result = parser.parseLine(batch, start, end, index + 1);
        expect(batch.rows > before).toBe(result === 0);
        expect(result !== 2 || /^[A-Za-z][A-Za-z ]+$/.test(parser.reason)).toBe(true);
        expect(result === 2 || Number.isFinite(parser.lineTime)).toBe(true);
        for (let row = before; row < batch.rows; row++) {
          expect(Number.isFinite(batch.time[row])).toBe(true);
          expect(batch.lineText(row)).not.toBe('');
          for (let field = 0; field < TEXT_FIELDS.length; field++) {
            const at = batch.spanStart(row, field);
            if (at < 0) continue;
            expect(at).toBeGreaterThanOrEqual(start);
            expect(batch.spanEnd(row, field)).toBeLessThanOrEqual(end);
          }
        }
        start = end + 1;
      });
    }),
    { numRuns: 1000 },
  );
});

test('no event is blamed on an address that only a client named', () => {
  const blamed = (rows: readonly EventRow[]): EventRow[] =>
    rows.filter((row) => /^192\.0\.2\.9[789]$/.test(String(row['ip'])));
  const parsed = parseText(rsyslogJson, fixture('postfix/recorded.jsonl.gz'));
  expect(parsed.classes).toEqual([4475, 1525, 0]);
  expect(blamed(parsed.rows)).toEqual([]);
});
