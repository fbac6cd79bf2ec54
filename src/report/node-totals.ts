import type { NodeTotals, Tally } from '../simulate/tally.ts';
import { counted, grouped, nodeName, plainTable } from './plain-table.ts';

/** Nodes that a terminal shows: those with the most events; summary.json has them all. */
const MOST_NODES = 50;

/** What each node had; undefined: there is only one. */
export function nodeTotalsTable({ nodes, rules }: Tally): string | undefined {
  if (nodes.length < 2) return undefined;
  const most = new Set(nodes.toSorted((a, b) => eventsOf(b) - eventsOf(a)).slice(0, MOST_NODES));
  const shown = nodes.filter((node) => most.has(node));
  const judged = rules.length > 0;
  const head = [
    'node',
    'connections',
    'receptions',
    'rejections',
    'all events',
    'most open\nat once',
  ];
  if (judged)
    head.push('firings', 'stopped\nconnections', 'stopped\nmessages', 'of them\naccepted');
  const rows = shown.map((node) => [
    nodeName(node.node),
    ...['connect', 'reception', 'rejection'].map((kind) => grouped(node.events[kind] ?? 0)),
    grouped(eventsOf(node)),
    grouped(node.sessions.peak),
    ...(judged ? judgedCells(node) : []),
  ]);
  const table = plainTable(head, rows);
  const others = nodes.length - shown.length;
  return others === 0 ? table : `${table}\n${counted(others, 'more node')} (summary.json of --out)`;
}

function judgedCells(node: NodeTotals): string[] {
  const { firings, stoppedConnections, stoppedMessages, stoppedAccepted } = node;
  return [firings, stoppedConnections, stoppedMessages, stoppedAccepted].map(grouped);
}

function eventsOf({ events }: NodeTotals): number {
  return Object.values(events).reduce((sum, count) => sum + count, 0);
}
