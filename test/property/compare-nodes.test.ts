// Goal: a comparison of nodes says what a look at all events says: counts, clients, who shares them,
// differences, and where rules fire and take.
// Method: random policies over random inputs of several nodes, late and ignored events among them;
// each number is counted anew from lists of events. test/e2e/compare-nodes.test.ts has the command.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatNetwork } from '../../src/model/address.ts';
import { COUNTED } from '../../src/model/client-counts.ts';
import { ALL_NEEDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import type { KeyAtNode, LoneKey, RuleByNode } from '../../src/simulate/compare/node-rules.ts';
import { compareNodes, type CompareNodesOptions } from '../../src/simulate/compare/nodes.ts';
import { anyPrefix, IGNORED } from '../builders/audit-histories.ts';
import { correlate } from '../builders/correlated-events.ts';
import { releaseOf, RowSource } from '../builders/event-sources.ts';
import type { EventRow } from '../builders/event-batches.ts';
import { ObviousNodes, obviousRules } from '../builders/obvious-nodes.ts';
import { obviousTakes } from '../builders/obvious-takes.ts';
import { inputsOf, policyFrom, strictHistory } from '../builders/rule-histories.ts';
import { networks, policyOf } from '../builders/rule-policies.ts';

const TIMEOUT_MS = 20_000;

const plan = fc.record({
  own: strictHistory,
  judges: fc.constantFrom(true, true, false),
  per: fc.oneof(fc.constant({ ipv4: 32, ipv6: 128 }), anyPrefix),
  ranked: fc.constantFrom(...COUNTED),
  nodes: fc.array(fc.constantFrom('mx1', 'mx2', 'backup', ''), { minLength: 1, maxLength: 9 }),
  from: fc.constantFrom(0, 0, 0.3),
  to: fc.constantFrom(1, 1, 0.7),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

/** The inputs of a history, its events given to nodes in turn. */
function spreadInputs({ own, nodes }: Plan): ReturnType<typeof inputsOf> {
  const { inputs, stream } = inputsOf(own);
  const moved = new Map<EventRow, EventRow>();
  stream.forEach(([row], at) => moved.set(row, { ...row, node: nodes[at % nodes.length] }));
  return {
    inputs: inputs.map((rows) => rows.map((row) => moved.get(row)!)),
    stream: stream.map(([row, rank]) => [moved.get(row)!, rank]),
  };
}

async function compared(
  inputs: readonly (readonly EventRow[])[],
  options: Pick<CompareNodesOptions, 'policy' | 'per' | 'ranked' | 'fromMs' | 'toMs'>,
): ReturnType<typeof compareNodes> {
  const vocabulary = new Vocabulary();
  return compareNodes({
    sources: inputs.map((rows, rank) => new RowSource(rows, { rank, vocabulary })),
    vocabulary,
    needs: ALL_NEEDS,
    scripts: undefined,
    sessionTimeoutMs: TIMEOUT_MS,
    fileOf: (source) => `log${source}`,
    ...options,
  });
}

test('a comparison of nodes is what all events say', async () => {
  const met = { rules: 0, taken: 0, lone: 0, late: 0, ignored: 0, differing: 0, blocks: 0 };
  const run = fc.asyncProperty(plan, async (own) => {
    const { inputs, stream } = spreadInputs(own);
    const [startMs, endMs] = [stream[0], stream.at(-1)!].map(([row]) => releaseOf(row));
    const moment = (share: number): number => Math.round(startMs + share * (endMs - startMs));
    const fromMs = own.from === 0 ? -Infinity : moment(own.from);
    const toMs = own.to === 1 ? Infinity : moment(own.to);
    const ignoring = policyOf([], { ignore: networks(IGNORED) });
    const policy = own.judges ? policyFrom(own.own) : ignoring;
    const { per, ranked } = own;

    const rows = stream.map(([row]) => row);
    const correlated = correlate(rows, TIMEOUT_MS);
    const judgements = own.judges ? obviousTakes(policy, stream, correlated, { fromMs, toMs }) : [];
    const asked = { fromMs, toMs, ignores: true, per, ranked };
    const obvious = new ObviousNodes(stream, correlated, judgements, asked);

    const found = await compared(inputs, { policy, per, ranked, fromMs, toMs });
    const { spread } = found;
    expect(found.nodes).toEqual(obvious.nodes);
    expect([found.ignored, found.late]).toEqual([obvious.ignored, obvious.late]);
    expect(spread.bySeen.slice(1)).toEqual(obvious.bySeen);
    expect(spread.shared).toEqual(obvious.shared);
    const clients = Array.from(spread.all(), ({ network, nodes }) => {
      return { key: formatNetwork(network), nodes };
    });
    expect(clients).toEqual(obvious.clients);
    expectDifferences(spread.top(Infinity), obvious.differences);
    expect(spread.differing).toBe(obvious.differences.length);
    const { rules = [], loneKeys = [], all } = found.judged ?? {};
    const obviously = own.judges ? obviousRules(policy, obvious) : [];
    expect(found.judged !== undefined).toBe(own.judges);
    expect(rules.map(shortRule)).toEqual(obviously.map(sortedTexts));
    expectLone(loneKeys, rules);
    met.rules += all?.firings ?? 0;
    met.taken += all?.taken.connections ?? 0;
    met.lone += loneKeys.length;
    met.late += found.late;
    met.ignored += found.ignored;
    met.differing += spread.differing;
    if (clients.some(({ nodes }) => nodes.length > 1)) met.blocks++;
  });
  await fc.assert(run, { numRuns: 60 });
  expect(Math.min(...Object.values(met))).toBeGreaterThan(10);
});

function expectDifferences(
  found: ReturnType<Awaited<ReturnType<typeof compareNodes>>['spread']['top']>,
  obvious: ObviousNodes['differences'],
): void {
  const keys = found.map(({ network, count }) => ({ key: formatNetwork(network), count }));
  expect(keys).toEqual(obvious.map(({ key, count }) => ({ key, count })));
  found.forEach(({ difference }, at) => expect(difference).toBeCloseTo(obvious[at].difference, 9));
}

/** Keys of one node that others saw, too: those seen most elsewhere first, then by firings. */
function expectLone(found: readonly LoneKey[], rules: readonly RuleByNode[]): void {
  const all = rules.flatMap(({ rule, verdict, keys }) =>
    keys
      .filter(({ nodes }) => nodes.length === 1 && (nodes[0].elsewhere ?? 0) > 0)
      .map(({ key, nodes: [only] }) => ({ rule, verdict, key, ...only })),
  );
  const rank = ({ elsewhere, firings }: KeyAtNode): number => elsewhere! * 1e6 + firings;
  expect(found).toEqual(all.sort((a, b) => rank(b) - rank(a)));
}

/** A rule without classes of which it takes nothing. */
function shortRule({ taken, nodes, ...rule }: RuleByNode): object {
  const short = (counts: object): object =>
    Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  return sortedTexts({
    ...rule,
    taken: short(taken),
    nodes: nodes.map((own) => ({ ...own, taken: short(own.taken) })),
  });
}

/** The order of keys that are texts is that of other tests. */
function sortedTexts(rule: object): object {
  const { keys } = rule as { keys: readonly { readonly key: string }[] };
  const areBlocks = keys.every(({ key }) => /^[\d.:a-f]+\/\d+$/.test(key));
  return areBlocks ? rule : { ...rule, keys: keys.toSorted((a, b) => (a.key < b.key ? -1 : 1)) };
}
