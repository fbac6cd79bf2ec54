import { formatNetwork, type Prefix } from '../model/address.ts';
import type { FileReport } from '../model/file-report.ts';
import { formatIso } from '../model/time.ts';
import { COUNTED, type ClientCounts, type CountedName } from '../model/client-counts.ts';
import type { DifferingClient } from '../simulate/compare/client-spread.ts';
import type { ClassCounts } from '../simulate/compare/compared-classes.ts';
import type { LoneKey, RuleByNode } from '../simulate/compare/node-rules.ts';
import type { JudgedNodes, NodesComparison } from '../simulate/compare/nodes.ts';
import { csvLine, rounded } from './csv.ts';
import { fileJson, totalLines } from './summary.ts';

/** A finished comparison of nodes, as every form of the report shows it. */
export interface NodesReport {
  readonly version: string;
  /** The policy's file name; undefined for a run without one. */
  readonly policy: string | undefined;
  /** What one client is. */
  readonly per: Prefix;
  /** Which count ranks the clients. */
  readonly ranked: CountedName;
  readonly files: readonly FileReport[];
  readonly comparison: NodesComparison;
}

const iso = (timeMs: number | undefined): string | null =>
  timeMs === undefined ? null : formatIso(timeMs);

/** The comparison as JSON values; key order is part of the format. */
export function nodesJson(report: NodesReport, limit: number): unknown {
  const { comparison, files, per, ranked } = report;
  const { nodes, spread, judged } = comparison;
  const nameOf = (place: number): string => nodes[place].name;
  const differences = spread.top(limit);
  return {
    hindcast: report.version,
    by: 'node',
    policy: report.policy ?? null,
    per,
    first: iso(comparison.firstMs),
    last: iso(comparison.lastMs),
    lines: totalLines(files),
    ignored: comparison.ignored,
    late: comparison.late,
    nodes: nodes.map(({ name, counts, clients, onlyHere }, place) => ({
      node: name,
      ...counts,
      clients,
      only_here: onlyHere,
      ...(judged && {
        firings: judged.nodes[place].firings,
        stopped: judged.nodes[place].taken,
      }),
    })),
    clients: spread.clients,
    seen_by: spread.bySeen.slice(1).map((clients, index) => ({ nodes: index + 1, clients })),
    shared: spread.shared.map(({ node, other, clients }) => {
      return { node: nameOf(node), other: nameOf(other), clients };
    }),
    count: ranked,
    differences: differences.map((client) => differenceJson(client, nameOf)),
    more_differences: Math.max(0, spread.differing - limit),
    ...(judged && judgedJson(judged, limit, nameOf)),
    files: files.map(fileJson),
  };
}

function differenceJson(
  { network, nodes, count, difference }: DifferingClient,
  nameOf: (place: number) => string,
): object {
  return {
    key: formatNetwork(network),
    count,
    difference: Number(rounded(difference, 3)),
    nodes: nodes.map(({ node, ...counts }) => ({ node: nameOf(node), ...counts })),
  };
}

function judgedJson(
  { rules, loneKeys, tally }: JudgedNodes,
  limit: number,
  nameOf: (place: number) => string,
): object {
  return {
    rules: rules.map((rule) => ruleJson(rule, nameOf)),
    lone_keys: loneKeys.slice(0, limit).map((key) => loneKeyJson(key, nameOf)),
    more_lone_keys: Math.max(0, loneKeys.length - limit),
    unfed: tally.unfed,
  };
}

function ruleJson(
  { rule, verdict, firings, keys, nodes }: RuleByNode,
  nameOf: (place: number) => string,
): object {
  return {
    rule,
    verdict,
    firings,
    keys: keys.length,
    nodes: nodes.map((own) => ({
      node: nameOf(own.node),
      firings: own.firings,
      keys: own.keys,
      stopped: own.taken,
    })),
  };
}

function loneKeyJson(
  { rule, verdict, key, node, firings, events, elsewhere }: LoneKey,
  nameOf: (place: number) => string,
): object {
  return { rule, verdict, key, node: nameOf(node), firings, events, elsewhere };
}

/** nodes.csv: each node and metric. */
export function* nodeLines({ nodes, judged }: NodesComparison): Generator<string> {
  yield csvLine(['node', 'metric', 'count']);
  for (const [place, { name, counts, clients, onlyHere }] of nodes.entries()) {
    const own = judged?.nodes[place];
    const metrics = {
      ...counts,
      clients,
      only_here: onlyHere,
      ...(own && { firings: own.firings, ...stoppedMetrics(own.taken) }),
    };
    for (const [metric, count] of Object.entries(metrics)) yield csvLine([name, metric, count]);
  }
}

function stoppedMetrics(taken: ClassCounts): Record<string, number> {
  return Object.fromEntries(
    Object.entries(taken).map(([name, count]) => [`stopped_${name}`, count]),
  );
}

/** clients.csv: each client at each node that saw it, in the order of addresses. */
export function* clientLines({ nodes, spread }: NodesComparison): Generator<string> {
  yield csvLine(['key', 'node', ...COUNTED]);
  for (const client of spread.all()) {
    const key = formatNetwork(client.network);
    for (const own of client.nodes) {
      yield csvLine([key, nodes[own.node].name, ...countCells(own)]);
    }
  }
}

const countCells = (counts: ClientCounts): number[] => COUNTED.map((name) => counts[name]);

/** node-keys.csv: each key of a rule at each node where it fired. */
export function* nodeKeyLines(
  nodes: NodesComparison['nodes'],
  { rules }: JudgedNodes,
): Generator<string> {
  yield csvLine(['rule', 'verdict', 'key', 'node', 'firings', 'events', 'elsewhere']);
  for (const { rule, verdict, keys } of rules) {
    for (const fired of keys) {
      for (const { node, firings, events = '', elsewhere = '' } of fired.nodes) {
        const own = [rule, verdict, fired.key, nodes[node].name];
        yield csvLine([...own, firings, events, elsewhere]);
      }
    }
  }
}
