import Table from 'cli-table3';
import { formatIso } from '../model/time.ts';
import { visible } from '../model/visible.ts';

/** A whole number with thousands separated by commas, in every locale. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 line`, `6,000 lines` */
export function counted(count: number, one: string): string {
  return `${grouped(count)} ${one}${count === 1 ? '' : 's'}`;
}

/** `2026-11-20 17:27:13` */
export function clock(timeMs: number | undefined): string {
  return timeMs === undefined
    ? ''
    : formatIso(timeMs)
        .replace('T', ' ')
        .replace(/(\.\d+)?Z$/, '');
}

/** `3 d 4 h`, `12 min`, `33 s`: the two largest units. */
export function duration(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const;
  const parts: string[] = [];
  let rest = ms;
  for (const [name, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`);
    else if (parts.length > 0) break;
  }
  return parts.length === 0 ? 'less than a second' : parts.join(' ');
}

/** A node as tables show it; the one of the lines without a host has no name. */
export const nodeName = (name: string): string => (name === '' ? '(no name)' : visible(name));

/** What is set flush right; an address is no number. */
const NUMBER = /^(?:-?[\d,]+(?:\.\d+)?)?$/;

/** A table without colours, so that every terminal and every run shows the same bytes. */
export function plainTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rights = head.map((_, column) =>
    rows.length > 0 && rows.every((row) => NUMBER.test(row[column])) ? 'right' : 'left',
  );
  const table = new Table({
    head: [...head],
    colAligns: rights as ('left' | 'right')[],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}
