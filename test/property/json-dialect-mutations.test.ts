import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dialect } from '../../src/input/dialects.ts';
import { HARAKA } from '../../src/input/haraka/haraka.ts';
import { NDJSON } from '../../src/input/json/ndjson.ts';
import { KUMOMTA } from '../../src/input/kumomta/kumomta.ts';
import { EventBatch } from '../../src/model/event-batch.ts';
import { ALL_NEEDS, TEXT_FIELDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { BERLIN_DATER } from '../builders/daters.ts';
import { parseDialect } from '../builders/dialect-rows.ts';
import { fixture } from '../unit/input/event-rows.ts';

const linesOf = (...names: readonly string[]): string[] =>
  names.flatMap((name) => fixture(name).toString('latin1').split('\n').slice(0, -1));

const LOGS: readonly (readonly [string, Dialect, readonly string[]])[] = [
  [
    'ndjson',
    NDJSON,
    [
      '{"time":"2026-11-20T17:27:13Z","kind":"rejection","ip":"192.0.2.7","session":"p","queue_id":"4A","phase":"rcptto","sender":"\\"a\\"@b","code":550,"enhanced":"5.1.1","size":1,"verdict":"spam","file":"m","line":1}',
    ],
  ],
  ['kumomta', KUMOMTA, linesOf('kumomta/records.json')],
  [
    'haraka',
    HARAKA,
    linesOf('haraka/default.log.gz', 'haraka/logfmt.log.gz', 'haraka/json.log.gz'),
  ],
];

const piece = fc.constantFrom(
  '',
  '"',
  '\\',
  '\\"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '=',
  ' ',
  '<',
  '> code=',
  ' msg="',
  '.',
  '0',
  '9999999999',
  '\0',
  '\u00ff',
  'ip=192.0.2.99',
  '"ip":"192.0.2.99"',
  'lr="550 no"',
  '.1.2',
);
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(12),
  insert: piece,
});

describe.each(LOGS)('%s', (_, dialect, lines) => {
  const mutated = fc
    .tuple(fc.nat(lines.length - 1), fc.array(edit, { maxLength: 4 }))
    .map(([index, edits]) => {
      let line = lines[index];
      for (const { at, remove, insert } of edits) {
        const start = Math.floor(at * line.length);
        line = line.slice(0, start) + insert + line.slice(start + remove);
      }
      return line.replaceAll('\n', ' ');
    });

  // Goal: no bytes make the parser throw, read outside its line, or lose a line.
  // Method: edit lines of the log at random and check what every row points at.
  test('edited lines', () => {
    fc.assert(
      fc.property(fc.array(mutated, { minLength: 1, maxLength: 8 }), (edited) => {
        const bytes = Buffer.from(edited.join('\n'), 'latin1');
        const vocabulary = new Vocabulary();
        const batch = new EventBatch(vocabulary, bytes);
        const parser = dialect.createParser({
          name: 'log',
          vocabulary,
          needs: ALL_NEEDS,
          dater: BERLIN_DATER,
          node: undefined,
          map: undefined,
          defaultKind: undefined,
        });
        let start = 0;
        edited.forEach((line, index) => {
          const before = batch.rows;
          dialect.owns(bytes, start, start + line.length);
          const result = parser.parseLine(batch, start, start + line.length, index + 1);
          expect(batch.rows > before).toBe(result === 0);
          expect(result !== 2 || /^[a-zA-Z][a-zA-Z ]+$/.test(parser.reason)).toBe(true);
          for (let row = before; row < batch.rows; row++) {
            expect(batch.time[row]).toBe(parser.lineTime);
            for (let field = 0; field < TEXT_FIELDS.length; field++) {
              const at = batch.spanStart(row, field);
              if (at < 0) continue;
              expect(at).toBeGreaterThanOrEqual(start);
              expect(batch.spanEnd(row, field)).toBeLessThanOrEqual(start + line.length);
            }
          }
          start += line.length + 1;
        });
      }),
      { numRuns: 1000 },
    );
  });
});

const chosen = fc
  .array(
    fc.constantFrom(
      'a',
      '"',
      '\\',
      '<',
      '>',
      ',',
      ' ',
      '}',
      '{',
      ' ip=192.0.2.97',
      '","ip":"192.0.2.98"',
      '"peer_address":{"addr":"192.0.2.99"}',
      ' lr="550 x" time=1',
      '> code=DENY msg="',
      '"',
      ' local_ip=192.0.2.97 local_port=25',
      '192.0.2.97',
      ' disconnect ip=192.0.2.98',
      '] [core] connect ip=192.0.2.99',
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

// Goal: words that a client chooses never become the address of an event.
// Method: put random text, with addresses that no client had, where the servers write such words.
test('chosen words', () => {
  const uuid = '10B3EB9F-0F05-4ABD-9519-2FF00FA55B7F.1';
  const stamp = '2026-11-20T17:53:18.525Z';
  const quote = (text: string): string => `"${text.replace(/(["\\])/g, '\\$1')}"`;
  fc.assert(
    fc.property(chosen, chosen, chosen, (sender, helo, text) => {
      const peer = { name: helo, addr: '192.0.2.7' };
      const response = { code: 550, content: text, command: `RCPT TO:<${sender}>` };
      const records = ['Rejection', 'Reception', 'Delivery', 'Bounce'].map((type) =>
        JSON.stringify({
          type,
          timestamp: 1,
          sender,
          recipient: [sender, text],
          peer_address: peer,
          response,
        }),
      );
      const head = { level: 'NOTICE', uuid, origin: 'core' };
      const gone = {
        message: 'disconnect',
        ip: '192.0.2.7',
        rdns: helo,
        helo,
        txns: 1,
        rcpts: '0/0/1',
        lr: text,
      };
      const plain = `${stamp} [NOTICE] [${uuid}] [core]`;
      const fmt = `${stamp} level=NOTICE uuid=${uuid} origin=core message`;
      const haraka = [
        `${plain} sender <${sender}> code=DENY msg="${text}"`,
        `${plain} recipient <${sender}> code=DENY msg="${text}" sender=${sender}`,
        `${plain} disconnect ip=192.0.2.7 rdns=${helo} helo=${helo} txns=1 rcpts=0/0/1 lr="550 ${text}" time=1`,
        `${plain} Invalid RCPT TO address <${sender}>: ${text}`,
        `${fmt}=${quote(`sender <${sender}>`)} code=DENY msg=${quote(text)}`,
        `${fmt}=disconnect ip=192.0.2.7 rdns=${quote(helo)} helo=${quote(helo)} txns=1 rcpts=0/0/1 lr=${quote(`550 ${text}`)} time=1`,
        `${stamp} ${JSON.stringify({ ...head, message: `sender <${sender}>`, code: 'DENY', msg: text })}`,
        `${stamp} ${JSON.stringify({ ...head, ...gone })}`,
      ];
      const all = [
        ...parseDialect(KUMOMTA, records.join('\n')).rows,
        ...parseDialect(HARAKA, haraka.join('\n')).rows,
      ];
      expect(all.length).toBeGreaterThanOrEqual(11);
      for (const row of all) {
        expect([undefined, '192.0.2.7']).toContain(row['ip']);
        expect([undefined, '10B3EB9F-0F05-4ABD-9519-2FF00FA55B7F']).toContain(row['session']);
        expect(row['listener']).toBeUndefined();
      }
    }),
    { numRuns: 500 },
  );
});
