import { addTo, replaceRows } from '../engine/feed-changes.ts';
import { parseNetwork } from '../model/address.ts';
import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import { addSnapshots, ageSnapshot, type DroppedWindows } from '../series/ageing.ts';
import { refuseOther } from '../series/fitting.ts';
import { findSeriesFile, readSeriesFile } from '../series/store.ts';
import { readSeries } from './arguments.ts';
import type { AuditConsole } from './audit-console.ts';
import { CommandMistake } from './mistake.ts';
import type { Word } from './words.ts';

const ADD = '--add';

/** `load`: replaces a series by what a file holds, or adds that to it. */
export function loadSeries(words: readonly Word[], console: AuditConsole): void {
  const [name, file, extra] = words.filter(({ text }) => text !== ADD);
  if (name === undefined || extra !== undefined) {
    const message = 'expected the name of a series, and perhaps a file';
    throw new CommandMistake('console-words', extra ?? words[0], message);
  }
  const adds = words.some(({ text }) => text === ADD);
  const { engine, seriesDir } = console.target;
  const feed = readSeries(name, engine.feeds);
  const nowMs = console.clockMs(name);
  const path = file?.text ?? findSeriesFile(seriesDir, feed.name, feed.monitor);
  const stored = readSeriesFile(path);
  refuseOther(path, stored, feed);
  const { snapshot, dropped } = ageSnapshot(stored, nowMs);
  if (adds) {
    // Refuses sums that are too large before anything is added.
    addSnapshots(engine.snapshot(feed.name), snapshot);
    for (const { window, key, count } of snapshot.rows) {
      addTo(feed, feed.type === 'string' ? key : parseNetwork(key)!, window, count);
    }
  } else replaceRows(feed, snapshot.rows);
  console.changed(feed.name);
  console.out(`${summaryOf(snapshot, adds ? 'added' : 'loaded', path)}${droppedText(dropped)}\n`);
}

function summaryOf({ rows }: SeriesSnapshot, done: string, path: string): string {
  const keys = new Set(rows.map(({ key }) => key)).size;
  return `${done} ${numberOf(rows.length, 'row')} of ${numberOf(keys, 'key')} from ${path}`;
}

function droppedText({ rows, windows }: DroppedWindows): string {
  if (rows === 0) return '';
  return `; dropped ${numberOf(rows, 'row')} of ${numberOf(windows, 'window')} that had aged out`;
}

function numberOf(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
