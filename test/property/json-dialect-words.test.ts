import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HARAKA } from '../../src/input/haraka/haraka.ts';
import { KUMOMTA } from '../../src/input/kumomta/kumomta.ts';
import { parseDialect } from '../builders/dialect-rows.ts';

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
