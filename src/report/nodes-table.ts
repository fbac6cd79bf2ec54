import { formatNetwork } from '../model/address.ts';
import { visible } from '../model/visible.ts';
import { COUNTED, countsOf, type CountedName } from '../model/client-counts.ts';
import type { ClientSpread } from '../simulate/compare/client-spread.ts';
import type { ClassCounts } from '../simulate/compare/compared-classes.ts';
import type { LoneKey, RuleByNode, RuleSums } from '../simulate/compare/node-rules.ts';
import type { NodeTally } from '../simulate/compare/nodes.ts';
import { rounded } from './csv.ts';
import type { NodesReport } from './nodes-rows.ts';
import { counted, grouped, nodeName, plainTable } from './plain-table.ts';
import { heading } from './tables.ts';
import { percent } from './what-if-tables.ts';

/** Nodes that have a column of their own, where there are more. */
const MOST_COLUMNS = 8;

/** What a terminal shows: what each node saw, who is shared, and who is not. */
export function nodesTable(report: NodesReport, limit: number): string {
  const { files, comparison, policy } = report;
  const { nodes, spread, judged } = comparison;
  const head = heading(files, comparison);
  if (nodes.length === 0) return `${head}\n`;
  const parts = [head];
  if (policy !== undefined) parts.push(`policy ${visible(policy)}`);
  parts.push(nodeTable(report));
  if (nodes.length > 1) {
    const columns = columnsOf(nodes);
    if (columns.length < nodes.length) {
      parts.push(`columns are the ${columns.length} busiest of ${nodes.length} nodes`);
    }
    parts.push(seenLine(spread, whoOf(report)), sharedTable(report, columns));
    parts.push(...differenceTable(report, columns, limit));
  }
  if (judged !== undefined) {
    if (judged.rules.length > 0) parts.push(ruleTable(judged.rules, nodes));
    if (judged.loneKeys.length > 0) parts.push(...loneTable(judged.loneKeys, nodes, limit));
  }
  return `${parts.join('\n')}\n`;
}

/** `client` where each address is one, else `block`. */
function whoOf({ per }: NodesReport): string {
  return per.ipv4 === 32 && per.ipv6 === 128 ? 'client' : 'block';
}

function nodeTable(report: NodesReport): string {
  const { nodes, spread, judged } = report.comparison;
  const who = `${whoOf(report)}s`;
  // Of one node everything is only here.
  const isOne = nodes.length === 1;
  const counts = ['connections', 'receptions', 'rejections', 'refused', 'failed\nlogins'];
  const head = [
    'node',
    ...counts,
    who,
    ...(isOne ? [] : ['only\nhere', `of its\n${who}`]),
    ...(judged === undefined ? [] : ['firings', ...TAKEN_HEAD]),
  ];
  const line = (
    name: string,
    own: Pick<NodeTally, 'counts' | 'clients' | 'onlyHere'>,
    sums: RuleSums | undefined,
  ): string[] => [
    name,
    ...countCells(own.counts),
    grouped(own.clients),
    ...(isOne ? [] : [grouped(own.onlyHere), percent(own.onlyHere, own.clients)]),
    ...(sums === undefined ? [] : ruleCells(sums)),
  ];
  const rows = nodes.map((node, place) => line(nodeName(node.name), node, judged?.nodes[place]));
  if (isOne) return plainTable(head, rows);
  const all = {
    counts: countsOf((at) => nodes.reduce((sum, own) => sum + own.counts[COUNTED[at]], 0)),
    clients: spread.clients,
    onlyHere: spread.bySeen[1],
  };
  return plainTable(head, [...rows, line('all nodes', all, judged?.all)]);
}

function countCells({
  connections,
  receptions,
  rejections,
  auth_failure: failed,
}: NodeTally['counts']): string[] {
  return [
    grouped(connections),
    grouped(receptions),
    grouped(rejections),
    percent(rejections, receptions + rejections),
    grouped(failed),
  ];
}

function ruleCells({ firings, taken }: RuleSums): string[] {
  return [grouped(firings), ...takenCells(taken)];
}

const TAKEN_HEAD = ['stopped\nconnections', 'stopped\naccepted', 'refused\nanyway'];

function takenCells({ connections, accepted, rejected, greylisted }: ClassCounts): string[] {
  return [connections, accepted, rejected + greylisted].map(grouped);
}

/** Places of the nodes that have a column, in their order: those with the most events. */
function columnsOf(nodes: readonly NodeTally[]): number[] {
  const events = nodes.map(({ counts }) => COUNTED.reduce((sum, name) => sum + counts[name], 0));
  return nodes
    .map((_, place) => place)
    .sort((a, b) => events[b] - events[a] || a - b)
    .slice(0, MOST_COLUMNS)
    .sort((a, b) => a - b);
}

/** `clients: 120 seen by 1 node, 30 by 2, 7 by 3` */
function seenLine({ bySeen }: ClientSpread, who: string): string {
  const parts = bySeen.flatMap((clients, nodes) => {
    return nodes === 0 || clients === 0 ? [] : [`${grouped(clients)} by ${counted(nodes, 'node')}`];
  });
  return `${who}s seen: ${parts.length === 0 ? 'none' : parts.join(', ')}`;
}

function sharedTable(report: NodesReport, columns: readonly number[]): string {
  const { nodes, spread } = report.comparison;
  const clients = new Map<number, number>();
  for (const { node, other, clients: both } of spread.shared) {
    clients.set(node * nodes.length + other, both);
    clients.set(other * nodes.length + node, both);
  }
  const rows = columns.map((node) => [
    nodeName(nodes[node].name),
    ...columns.map((other) =>
      grouped(
        node === other ? nodes[node].clients : (clients.get(node * nodes.length + other) ?? 0),
      ),
    ),
  ]);
  const names = columns.map((node) => nodeName(nodes[node].name));
  return plainTable([`${whoOf(report)}s seen by both`, ...names], rows);
}

function differenceTable(report: NodesReport, columns: readonly number[], limit: number): string[] {
  const { comparison, ranked } = report;
  const { nodes, spread } = comparison;
  const who = whoOf(report);
  if (spread.differing === 0) return [nothingDiffers(nodes, ranked, who)];
  const rows = spread
    .top(limit)
    .map(({ network, nodes: seen, count, difference }) => [
      formatNetwork(network),
      ...columns.map((place) => grouped(seen.find(({ node }) => node === place)?.[ranked] ?? 0)),
      grouped(count),
      grouped(Number(rounded(difference, 1))),
    ]);
  const names = columns.map((node) => nodeName(nodes[node].name));
  const parts = [plainTable([`${ranked} by ${who}`, ...names, 'all nodes', 'difference'], rows)];
  return [...parts, ...moreLine(spread.differing - limit, `more ${who}`, 'clients.csv')];
}

function nothingDiffers(nodes: readonly NodeTally[], ranked: CountedName, who: string): string {
  return nodes.some(({ counts }) => counts[ranked] > 0)
    ? `${ranked} by ${who}: no difference`
    : `${ranked} by ${who}: none in what was read (--count)`;
}

/** A row for each node where a rule did something, and one for all of them. */
function ruleTable(rules: readonly RuleByNode[], nodes: readonly NodeTally[]): string {
  const rows = rules.flatMap((rule) => {
    const cells = (node: string, keys: number, { firings, taken }: RuleSums): string[] => {
      const counts = [grouped(firings), grouped(keys), ...takenCells(taken)];
      return [visible(rule.rule), rule.verdict, node, ...counts];
    };
    const all = nodes.length === 1 ? nodeName(nodes[0].name) : 'all nodes';
    const each = nodes.length === 1 ? [] : rule.nodes;
    return [
      ...each.map((own) => cells(nodeName(nodes[own.node].name), own.keys, own)),
      cells(all, rule.keys.length, rule),
    ];
  });
  const head = ['rule', 'verdict', 'node', 'firings', 'keys'];
  return plainTable([...head, ...TAKEN_HEAD], rows);
}

function loneTable(keys: readonly LoneKey[], nodes: readonly NodeTally[], limit: number): string[] {
  const rows = keys
    .slice(0, limit)
    .map(({ rule, key, node, firings, events, elsewhere }) => [
      visible(key),
      visible(rule),
      nodeName(nodes[node].name),
      ...[firings, events!, elsewhere!].map(grouped),
    ]);
  const head = ['fired at one node only', 'rule', 'node', 'firings', 'events\nthere'];
  const table = plainTable([...head, 'events\nelsewhere'], rows);
  return [table, ...moreLine(keys.length - limit, 'more key', 'node-keys.csv')];
}

function moreLine(rest: number, what: string, file: string): string[] {
  return rest > 0 ? [`${counted(rest, what)} (--limit, ${file} of --out)`] : [];
}
