import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { WordView } from '../../src/model/words.ts';

import { SessionTable } from '../../src/correlate/session-table.ts';

/** A session without a name is known by peer, service and listener. */
const anyAction = fc.record({
  type: fc.constantFrom('open', 'open', 'open', 'touch', 'close', 'closeOldest'),
  name: fc.option(fc.nat(99), { nil: undefined }),
  node: fc.nat(1),
  service: fc.constantFrom(0, 1, 256),
  listener: fc.constantFrom(0, 1, 256),
  ip: fc.constantFrom(
    [1, 0, 0, 0],
    [-1, 0, 0, 0],
    [0x2001_0db8, 0, 0, 1],
    [0x2001_0db8, 0, 0, 257],
  ),
  gapMs: fc.constantFrom(0, 0, 1, 1000),
});

interface Session {
  readonly key: string;
  readonly slot: number;
  lastMs: number;
}

// Goal: sessions are found by name, or the oldest by peer, and expire the one silent longest first.
// Method: random histories against a list that is searched from end to end.
test('a table of sessions agrees with a list', () => {
  const history = fc.array(anyAction, { maxLength: 200, size: 'max' });
  fc.assert(
    fc.property(history, (actions) => {
      const table = new SessionTable();
      // In the order of their last activity; `opened` in the order of opening.
      let active: Session[] = [];
      let opened: Session[] = [];
      let nowMs = 0;
      const end = (session: Session): void => {
        const { slot } = session;
        const serial = table.serial[slot];
        table.close(slot);
        expect(table.serial[slot]).not.toBe(serial);
        active = active.filter((own) => own !== session);
        opened = opened.filter((own) => own !== session);
      };
      /** A slot is new, or as good as new. */
      const begin = (slot: number, node: number): void => {
        expect(active.some((session) => session.slot === slot)).toBe(false);
        expect([table.node[slot], table.ehlo[slot], table.mail[slot]]).toEqual([node, 0, 0]);
        table.ehlo[slot] = 1;
        table.mail[slot] = 1;
      };
      for (const { type, name, node, service, listener, ip, gapMs } of actions) {
        nowMs += gapMs;
        const bytes = Buffer.from(`postfix/submission/smtpd[${name}]${'.'.repeat(name ?? 0)}`);
        const words = Int32Array.from([9, ...ip]);
        const key =
          name === undefined ? [node, service, listener, ...ip].join(' ') : `${node} [${name}]`;
        const found =
          name === undefined
            ? table.findAnonymous(node, service, listener, words, 1)
            : table.find(node, new WordView().of(bytes), 0, bytes.length);
        const known = opened.find((session) => session.key === key);
        expect(found).toBe(known?.slot ?? 0);
        if (type === 'open' && (name === undefined || known === undefined)) {
          const slot =
            name === undefined
              ? table.openAnonymous(node, service, listener, words, 1, nowMs)
              : table.openNamed(node, nowMs);
          begin(slot, node);
          const session = { key, slot, lastMs: nowMs };
          active.push(session);
          opened.push(session);
        } else if (type === 'touch' && known !== undefined) {
          table.touch(known.slot, nowMs);
          known.lastMs = nowMs;
          active = [...active.filter((session) => session !== known), known];
        } else if (type === 'close' && known !== undefined) end(known);
        else if (type === 'closeOldest' && active.length > 0) end(active[0]);
        expect(active.length === 0 || table.oldest === active[0].slot).toBe(true);
        expect(table.open).toBe(active.length);
        expect(table.oldestActivityMs).toBe(active[0]?.lastMs ?? Infinity);
        expect(table.slots()).toEqual(active.map(({ slot }) => slot));
      }
    }),
    { numRuns: 200 },
  );
});
