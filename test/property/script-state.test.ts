// Goal: what scripts keep and the lists that they ask answer as the obvious implementations do.
// Method: random commands at random moments through both, compared after each; random networks
// and a scan of all of them.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { formatWords, maskWord, parseNetwork, type Network } from '../../src/model/address.ts';
import { parseNetworkList } from '../../src/policy/momentum/rbldnsd.ts';
import { TimedCache } from '../../src/policy/momentum/timed-cache.ts';
import { NOON_MS } from '../builders/event-batches.ts';
import { ScriptStand, sessionOf } from '../builders/script-run.ts';

const anyName = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const anyGapMs = fc.oneof(
  fc.constant(0),
  fc.nat(999),
  fc.nat(5).map((n) => n * 1000),
);

interface Obvious {
  readonly name: string;
  readonly content: number;
  readonly diesMs: number;
}

test('a timed cache is a list in order of use', () => {
  const anyStep = fc.record({
    gapMs: anyGapMs,
    action: fc.constantFrom('get', 'set', 'set', 'delete'),
    name: anyName,
    lifetimeMs: fc.constantFrom(1000, 2500, 4000, Infinity),
  });
  const anySteps = fc.array(anyStep, { minLength: 10, maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), anySteps, (most, steps) => {
      const cache = new TimedCache<number>(most);
      let list: Obvious[] = [];
      let nowMs = NOON_MS;
      for (const [content, { gapMs, action, name, lifetimeMs }] of steps.entries()) {
        nowMs += gapMs;
        list = list.filter(({ diesMs }) => diesMs > nowMs);
        const found = list.find((one) => one.name === name);
        list = list.filter((one) => one !== found);
        const kept = action === 'get' ? cache.get(name, nowMs) : found?.content;
        expect(kept).toBe(found?.content);
        if (action === 'get' && found !== undefined) list.push(found);
        if (action === 'delete') cache.delete(name);
        if (action === 'set') {
          cache.set(name, content, lifetimeMs, nowMs);
          if (list.length === most) list.shift();
          list.push({ name, content, diesMs: nowMs + lifetimeMs });
        }
      }
    }),
    { numRuns: 1000 },
  );
});

/** One command of a script for each run; the answer is `$x`. */
const branches = (commands: Readonly<Record<string, string>>): string =>
  Object.entries(commands)
    .map(([name, command]) => `if vctx_conn :is "do" "${name}" { ${command} }`)
    .join('\n');

function ask(stand: ScriptStand, nowMs: number, action: string, name: string): unknown {
  const session = sessionOf();
  session.context.set('do', action).set('name', name);
  const { variables, failure } = stand.run({ timeMs: nowMs, session });
  expect(failure).toBeUndefined();
  return variables['x'];
}

test('throttles count since they were made, in intervals', () => {
  const script = `$n = "%{vctx_conn:name}";
${branches({
  create: 'ec_throttle_create $n "2/3";',
  inc: 'ec_throttle_inc $n;',
  dec: 'ec_throttle_dec $n;',
  check: '$x = ec_throttle_check $n;',
})}`;
  const anyStep = fc.record({
    gapMs: anyGapMs,
    action: fc.constantFrom('create', 'inc', 'inc', 'inc', 'dec', 'check'),
    name: fc.constantFrom('a', 'b'),
  });
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const stand = new ScriptStand(script);
      const made = new Map<string, number>();
      const counts = new Map<string, number>();
      let nowMs = NOON_MS;
      for (const { gapMs, action, name } of steps) {
        nowMs += gapMs;
        if (nowMs - (made.get(name) ?? -Infinity) >= 4000) made.delete(name);
        // Counts of one throttle, and of one of its intervals.
        const madeMs = made.get(name);
        const key = `${name} ${madeMs} ${Math.floor((nowMs - (madeMs ?? 0)) / 3000)}`;
        const count = counts.get(key) ?? 0;
        const answer = ask(stand, nowMs, action, name);
        const isOver = String(madeMs !== undefined && count > 2);
        expect(answer).toBe(action === 'check' ? isOver : undefined);
        if (action === 'create') {
          if (madeMs !== undefined) continue;
          made.set(name, nowMs);
          counts.set(`${name} ${nowMs} 0`, 0);
        } else if (action !== 'check' && madeMs !== undefined) {
          counts.set(key, Math.max(0, count + (action === 'inc' ? 1 : -1)));
        }
      }
    }),
  );
});

test('gauges count while they are changed', () => {
  const script = `ec_gauge_cache_init "g" 3 4;
$n = "%{vctx_conn:name}";
${branches({
  inc: 'ec_gauge_cache_inc "g" $n;',
  dec: 'ec_gauge_cache_dec "g" $n;',
  get: '$x = ec_gauge_cache_get "g" $n;',
})}`;
  const anyStep = fc.record({
    gapMs: anyGapMs,
    action: fc.constantFrom('inc', 'inc', 'dec', 'get'),
    name: anyName,
  });
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const stand = new ScriptStand(script);
      let list: { name: string; count: number; changedMs: number }[] = [];
      let nowMs = NOON_MS;
      for (const { gapMs, action, name } of steps) {
        nowMs += gapMs;
        list = list.filter(({ changedMs }) => nowMs - changedMs < 4000);
        const found = list.find((one) => one.name === name);
        const answer = ask(stand, nowMs, action, name);
        expect(answer).toBe(action === 'get' ? String(found?.count ?? 0) : undefined);
        if (action === 'get' && found === undefined) continue;
        list = list.filter((one) => one !== found);
        if (list.length === 3) list.shift();
        const count = found?.count ?? 0;
        const by = action === 'get' ? 0 : action === 'inc' ? 1 : -1;
        const changedMs = by === 0 ? found!.changedMs : nowMs;
        list.push({ name, count: count + by, changedMs });
      }
    }),
  );
});

/** Blocks that lie in each other often, of both families. */
const anyNetwork: fc.Arbitrary<Network> = fc
  .record({ isV4: fc.boolean(), tail: fc.nat(255), head: fc.nat(2), cut: fc.nat(20) })
  .map(({ isV4, tail, head, cut }) => {
    const text = isV4
      ? `192.0.${head}.${tail}/${32 - cut}`
      : `2001:db8:${head}::${tail.toString(16)}/${[128, 125, 120, 64, 48, 40, 33, 32][cut % 8]}`;
    return parseNetwork(text)!;
  });

function holdsAll(outer: Network, inner: Network): boolean {
  if (outer.family !== inner.family || outer.bits > inner.bits) return false;
  return outer.words.every((word, i) => (inner.words[i] & maskWord(outer.bits, i)) === (word | 0));
}

test('the longest network answers, as a scan of all of them finds it', () => {
  const anyEntry = fc.record({
    network: anyNetwork,
    excluded: fc.constantFrom(false, false, true),
  });
  fc.assert(
    fc.property(
      fc.array(anyEntry, { maxLength: 30 }),
      fc.array(anyNetwork, { minLength: 1, maxLength: 20 }),
      (entries, asked) => {
        const lines = entries.map(({ network, excluded }, index) => {
          const { family, words, bits } = network;
          const address = formatWords(family, Int32Array.from(words), 0);
          return `${excluded ? '!' : ''}${address}/${bits} :127.0.1.2:${index}`;
        });
        const { entries: table, badLines } = parseNetworkList(lines.join('\n'));
        expect(badLines).toEqual([]);
        for (const { family, words } of asked) {
          const address: Network = { family, words, bits: family === 4 ? 32 : 128 };
          const around = entries.filter(({ network }) => holdsAll(network, address));
          const longest = Math.max(...around.map(({ network }) => network.bits));
          const same = around.filter(({ network }) => network.bits === longest);
          const listed = same.length > 0 && same.every(({ excluded }) => !excluded);
          const found = table.find(family, words, 0);
          const said = found?.a === undefined ? undefined : found.txt;
          expect(said).toBe(listed ? String(entries.indexOf(same[0])) : undefined);
        }
      },
    ),
  );
});

test('a range of addresses holds what lies between its ends', () => {
  const anyAddress = fc.oneof(
    fc.nat(2 ** 32 - 1),
    fc.nat(600).map((n) => 0xc0000200 + n - 300),
  );
  const shown = (value: number): string => formatWords(4, Int32Array.from([value]), 0);
  fc.assert(
    fc.property(anyAddress, anyAddress, fc.array(anyAddress, { maxLength: 10 }), (a, b, asked) => {
      const [first, last] = [Math.min(a, b), Math.max(a, b)];
      const { entries, badLines } = parseNetworkList(`${shown(first)}-${shown(last)}`);
      expect(badLines).toEqual([]);
      const edges = [first, last, first - 1, last + 1].filter((n) => n >= 0 && n < 2 ** 32);
      for (const value of [...asked, ...edges]) {
        const isInside = value >= first && value <= last;
        expect(entries.find(4, [value], 0) !== undefined).toBe(isInside);
      }
    }),
  );
});
