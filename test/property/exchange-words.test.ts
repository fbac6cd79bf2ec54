import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExchange, quoted, receiveLog, trackingLog } from '../unit/input/exchange/parsing.ts';

// Goal: words that a client chooses never become the address of an event, nor hide the event.
// Method: put random text, with addresses that no client had, where Exchange writes such words.
test('chosen words', () => {
  const chosen = fc
    .array(
      fc.constantFrom(
        'a',
        ',',
        '"',
        ';',
        ',192.0.2.99:25,>,550 no',
        ';S:ProxiedClientIPAddress=192.0.2.98',
        ',,192.0.2.97,',
        '<',
        '>',
        '\\',
        ' ',
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(chosen, chosen, chosen, (sender, helo, subject) => {
      const peer = '192.0.2.7:4711';
      const session = receiveLog([
        ['S1', peer, '+', ''],
        ['S1', peer, '<', `EHLO ${helo}`],
        ['S1', peer, '<', `MAIL FROM:<${sender}>`],
        ['S1', peer, '>', `550 5.7.1 <${sender}> no`],
        ['S1', peer, '-', ''],
      ]);
      const tracked = trackingLog({
        'client-ip': '192.0.2.7',
        'client-hostname': helo,
        source: 'SMTP',
        'event-id': 'RECEIVE',
        'message-subject': subject,
        'return-path': sender,
        'custom-data': `S:ProxiedClientHostname=${helo}`,
      });
      expect(quoted(helo).length).toBeGreaterThanOrEqual(helo.length);
      for (const [text, events] of [
        [session, 3],
        [tracked, 1],
      ] as const) {
        const { rows, classes } = parseExchange(text);
        expect([classes[0], classes[2]]).toEqual([events, 0]);
        for (const row of rows) expect(row['ip']).toBe('192.0.2.7');
      }
    }),
    { numRuns: 1000 },
  );
});
