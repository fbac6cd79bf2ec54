import { UserError } from '../model/errors.ts';
import { didYouMean } from '../model/suggest.ts';
import { parseDuration } from '../model/time.ts';
import { perText, windowsText } from '../report/sweep-rows.ts';
import type { CellSetting } from '../simulate/sweep/cell-policy.ts';
import type { Sweep } from '../simulate/sweep/sweep.ts';
import type { FoundCell } from './suggest-cell.ts';
import type { SweepGrid } from './sweep-options.ts';

/** What is to be put in force of a sweep. */
export interface PointFlags {
  readonly enforce?: boolean;
  readonly points?: readonly string[];
  readonly suggest?: readonly string[];
}

const KEYS = ['above', 'per', 'windows', 'interval'] as const;
type Key = (typeof KEYS)[number];

const FORM = 'above=50,per=24,windows=0..5,interval=300';
/** A curve of fewer limits has no knee. */
const LEAST_LIMITS = 3;
/** In a hint; a sweep may have thousands. */
const SHOWN_VALUES = 10;

/**
 * The settings that `--points` names; undefined without: the knees and the suggestion.
 *
 * @throws {UserError} for a point that is not in the grid, or where there is nothing to put in force
 */
export function pointsOption(
  flags: PointFlags,
  grid: SweepGrid,
): readonly CellSetting[] | undefined {
  const { enforce, points = [], suggest = [] } = flags;
  if (enforce !== true) {
    if (points.length === 0) return undefined;
    throw new UserError('--points goes with --enforce: it names what is put in force');
  }
  if (points.length > 0) return points.map((text) => pointIn(grid, text));
  if (suggest.length > 0 || grid.above.length >= LEAST_LIMITS) return undefined;
  throw new UserError(
    `--enforce has nothing to put in force: fewer than ${LEAST_LIMITS} limits have no knee`,
    `name settings, --points above=${grid.above[0]}, or ask for one, --suggest`,
  );
}

/** The cells to put in force, each once, in the order of the grid. */
export function chosenCells(
  sweep: Sweep,
  points: readonly CellSetting[] | undefined,
  suggested: FoundCell | undefined,
): FoundCell[] {
  return sweep.groups.flatMap((group) => {
    const isNamed = (above: number): boolean =>
      points!.some((point) => point.above === above && settingOf(point) === settingOf(group));
    return group.cells
      .filter((cell, index) =>
        points === undefined
          ? index === group.knee || cell === suggested?.cell
          : isNamed(cell.above),
      )
      .map((cell) => ({ group, cell }));
  });
}

function settingOf(group: SweepGrid['groups'][number]): string {
  return `${perText(group)} ${windowsText(group)} ${group.intervalMs}`;
}

/** `above=50,per=24,windows=0..5,interval=300`; what the grid has one of may be left out. */
function pointIn({ above, groups }: SweepGrid, text: string): CellSetting {
  const wrong = (reason: string, hint: string): UserError =>
    new UserError(`--points ${text}: ${reason}`, hint);
  const given = partsOf(text, wrong);
  const known: Record<Key, readonly string[]> = {
    above: above.map(String),
    per: groups.map(perText),
    windows: groups.map(windowsText),
    interval: groups.map(({ intervalMs }) =>
      intervalMs === undefined ? '' : secondsOf(intervalMs),
    ),
  };
  const chosen = KEYS.map((key) => {
    const values = [...new Set(known[key])];
    const hint = `${key} in this sweep: ${listOf(values)}`;
    const value = given.get(key);
    if (value === undefined) {
      if (values.length === 1) return values[0];
      throw wrong(`which ${key}?`, hint);
    }
    if (values[0] === '') throw wrong(`open sessions have no ${key}`, 'leave it out');
    const found = values.find((one) => one === plain(key, value, values));
    if (found === undefined) throw wrong(`${key}=${value} is not in the grid`, hint);
    return found;
  });
  const [limit, per, windows, interval] = chosen;
  const group = groups.find(
    (one) =>
      perText(one) === per &&
      windowsText(one) === windows &&
      (one.intervalMs === undefined ? '' : secondsOf(one.intervalMs)) === interval,
  )!;
  return { ...group, above: Number(limit) };
}

function listOf(values: readonly string[]): string {
  if (values.length <= SHOWN_VALUES) return values.join(', ');
  return `${values.slice(0, SHOWN_VALUES - 1).join(', ')}, … ${values.at(-1)}`;
}

function partsOf(
  text: string,
  wrong: (reason: string, hint: string) => UserError,
): ReadonlyMap<Key, string> {
  const given = new Map<Key, string>();
  for (const part of text.split(',')) {
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    if (name === undefined) throw wrong(`'${part.trim()}' is no KEY=VALUE`, FORM);
    const key = KEYS.find((one) => one === name);
    if (key === undefined) throw wrong(`no key '${name}'`, didYouMean(name, KEYS) ?? FORM);
    if (given.has(key)) throw wrong(`${key} stands twice`, 'repeat --points for another setting');
    given.set(key, value);
  }
  return given;
}

/** A value as the options of the grid would take it, as the grid writes it. */
function plain(key: Key, value: string, values: readonly string[]): string {
  switch (key) {
    case 'above':
      return String(Number(value));
    case 'per':
      return onlyOne(values.filter((one) => one.startsWith(`${value}/`))) ?? value;
    case 'windows':
      return /^\d+$/.test(value) ? `${value}..${value}` : value;
    case 'interval': {
      const intervalMs = parseDuration(value);
      return intervalMs === undefined ? value : secondsOf(intervalMs);
    }
  }
}

/** Without a second length that of the grid is meant, where it has no other one. */
const onlyOne = (values: readonly string[]): string | undefined =>
  values.length === 1 ? values[0] : undefined;

function secondsOf(intervalMs: number): string {
  return String(intervalMs / 1000);
}
