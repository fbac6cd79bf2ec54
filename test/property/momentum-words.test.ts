import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMomentumParser } from '../../src/input/momentum/parser.ts';
import { KIND, TEXT } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { sourceOver } from '../unit/input/plain-parser.ts';
import { parseMomentum, settingOf } from '../unit/input/momentum/parsing.ts';

// Goal: words that a client chooses never become the address of an event, nor hide the event.
// Method: put random text, with addresses that no client had, where Momentum writes such words.
test('chosen words', () => {
  const chosen = fc
    .array(
      fc.constantFrom(
        'a',
        '@',
        '\\',
        '\\@',
        '"',
        '@192.0.2.97@1@esmtp@g@b',
        '@R@x@y@z@w@192.0.2.98@1@esmtp@g@b',
        '],CTXMESS=[',
        '" R="192.0.2.99:25" E=550',
        ',rcptto_string="',
        '<',
        '>',
        ' ',
        '=',
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(chosen, chosen, chosen, chosen, (sender, recipient, helo, text) => {
      const ids = '1795203001@A1@A1@C1';
      const head = '1795203001: R="192.0.2.7:1" L="192.0.2.2:25" C="C1" PATH="p" PATH_GRP="p"';
      const contexts = `CTXCONN=[ehlo_string="EHLO ${helo}"] CTXMESS=[mailfrom_string="MAIL FROM:<${sender}>"]`;
      const records = [
        `${ids}@R@${recipient}@example.com@${sender}@x.example@192.0.2.7@1@esmtp@g@b`,
        `1795203001@A2@R@${recipient}@example.com@${sender}@x.example@192.0.2.7@1@esmtp@g@b`,
        `${ids}@P@example.com@1@g@b@5@0@1.5@203.0.113.5@550 ${text}`,
        `${ids}@T@example.com@1@g@b@5@0@1.5@203.0.113.5@450 ${text}`,
        `${head} P="awaiting data" E=550 M=m ${contexts} ${text}`,
        `1795203001@N@192.0.2.2:587@192.0.2.7:1@${text}@0`,
      ];
      for (const record of records) {
        const { rows, classes } = parseMomentum(record, { inferConnections: true });
        expect(classes).toEqual([1, 0, 0]);
        for (const row of rows) expect([undefined, '192.0.2.7']).toContain(row['ip']);
      }
    }),
    { numRuns: 1000 },
  );
});

// Goal: how many recipients a message has does not depend on where blocks end.
// Method: cut a log into blocks of any size and hold it against one block.
test('messages over the ends of blocks', async () => {
  const message = fc.record({
    recipients: fc.integer({ min: 1, max: 30 }),
    others: fc.nat(2),
    local: fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 256, max: 3000 }),
      async (messages, blockBytes) => {
        const text = messages.map(({ recipients, others, local }, id) => {
          const rest = '@example.com@s@x.example@192.0.2.1@1@esmtp@g@b\n';
          const line = `1795203001@${id}@B@C@R@${local}${rest}`;
          return line.repeat(recipients) + '1795203002@@@@M\n'.repeat(others);
        });
        const createParser = () => createMomentumParser(settingOf(new Vocabulary()));
        const source = sourceOver(Buffer.from(text.join('')), { createParser, blockBytes });
        const found: number[] = [];
        for (;;) {
          const batch = await source.nextBatch();
          if (batch === undefined) break;
          for (let row = 0; row < batch.rows; row++) {
            expect(batch.kind[row]).toBe(KIND.reception);
            expect(batch.text(row, TEXT.queue_id)).toBe(String(found.length));
            found.push(batch.recipients[row]);
          }
          source.recycle(batch);
        }
        expect(found).toEqual(messages.map(({ recipients }) => recipients));
        const { lines: read, event, irrelevant } = source.accounting;
        expect(read).toBe(text.join('').split('\n').length - 1);
        expect(event + irrelevant).toBe(read);
      },
    ),
    { numRuns: 200 },
  );
});
