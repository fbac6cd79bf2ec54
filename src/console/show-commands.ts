import { METRICS } from '../engine/audit-engine.ts';
import { countIn } from '../engine/feed-changes.ts';
import type { Feed } from '../engine/feed.ts';
import { compareNetworks, parseNetwork, type Network } from '../model/address.ts';
import { readBlock } from './arguments.ts';
import type { AuditConsole } from './audit-console.ts';
import type { Word } from './words.ts';

const METRIC_TITLES = {
  connections: 'Connections',
  receptions: 'Receptions',
  rejections: 'Rejections',
} as const;

/** `show ip`: a row for each metric, monitor and window, N+1 windows for a monitor of N. */
export function showIp([address]: readonly Word[], console: AuditConsole): void {
  const block = readBlock(address);
  const { feeds } = console.target.engine;
  let rows = '';
  for (const { title, feed } of metricsOf(feeds)) {
    const seconds = feed.monitor.intervalMs / 1000;
    for (let window = 0; window < feed.kept; window++) {
      const count = countIn(feed, block, { start: window, end: window });
      rows += `${title} ${seconds}/${window}: ${count}\n`;
    }
  }
  console.out(rows);
}

/** Metrics one after another, each under all monitors. */
function metricsOf(feeds: readonly Feed[]): { readonly title: string; readonly feed: Feed }[] {
  return METRICS.flatMap(({ name }) => {
    const own = feeds.filter((feed) => feed.name === name);
    return own.map((feed) => ({ title: METRIC_TITLES[name], feed }));
  });
}

/** Text that is written at once. */
const FLUSH_LENGTH = 64 * 1024;

/** `show all`: every count of every address, as a CSV. */
export function showAll(_words: readonly Word[], console: AuditConsole): void {
  const { feeds } = console.target.engine;
  const rowsOf = new Map<string, string>();
  const metrics = metricsOf(feeds).map(({ feed }) => feed);
  for (const feed of [...metrics, ...feeds.filter((each) => !each.isMetric)]) {
    if (feed.type === 'string') continue;
    const name = csvField(feed.name);
    const seconds = feed.monitor.intervalMs / 1000;
    for (let window = 0; window < feed.kept && window <= feed.current; window++) {
      for (const { key, count } of feed.total.rows(feed.current - window, window)) {
        const row = `${key},${name},${seconds},${window},${count}\n`;
        rowsOf.set(key, (rowsOf.get(key) ?? '') + row);
      }
    }
  }
  const sorted = Array.from(rowsOf, ([key, rows]): [Network, string] => [parseNetwork(key)!, rows]);
  sorted.sort(([a], [b]) => compareNetworks(a, b));
  let pending = 'ip,metric,interval,window,count\n';
  for (const [, rows] of sorted) {
    pending += rows;
    if (pending.length < FLUSH_LENGTH) continue;
    if (!console.out(pending)) return;
    pending = '';
  }
  console.out(pending);
}

/** Quoted as RFC 4180 says. */
function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
