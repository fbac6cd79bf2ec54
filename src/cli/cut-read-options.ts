import { createZone } from '../input/zones.ts';
import type { FileReport } from '../model/file-report.ts';
import { civilFromDays, DAY_MS } from '../model/time.ts';
import type { CutText } from './cut-lines.ts';
import { nodeFor, type LogOptions } from './input-options.ts';

/** One file of a cut. */
interface CutFile {
  readonly name: string;
  /** The input that it was cut from. */
  readonly input: string;
  readonly file: FileReport;
  readonly cut: CutText;
  /** The first event in it, milliseconds UTC. */
  readonly firstMs: number | undefined;
}

/** The options that a cut is read with: as its logs were, but for what their names told. */
export function readOptionsOf(files: readonly CutFile[], options: LogOptions): LogOptions {
  const { reorder, inputFormat, map, kind } = options;
  return {
    reorder,
    inputFormat,
    map,
    kind,
    tz: perFile(files, ({ file }) => (file.zone === 'UTC' ? undefined : file.zone)),
    year: perFile(files, yearOf),
    node: files.flatMap(({ name, input }) => {
      const node = nodeFor(options.node ?? [], input);
      return node === undefined ? [] : [`${node}=${name}`];
    }),
  };
}

/** One value for all files that have one, else one for each. */
function perFile(
  files: readonly CutFile[],
  valueOf: (file: CutFile) => string | undefined,
): string[] {
  const values = files.flatMap((file) => {
    const value = valueOf(file);
    return value === undefined ? [] : [{ name: file.name, value }];
  });
  if (values.length === files.length && new Set(values.map(({ value }) => value)).size === 1) {
    return [values[0].value];
  }
  return values.map(({ name, value }) => `${name}=${value}`);
}

/** The year of the first line, where the stamps lack it. */
function yearOf({ file, cut, firstMs }: CutFile): string | undefined {
  if (file.year === undefined) return undefined;
  if (firstMs === undefined) return String(file.year.first);
  const offset = createZone(file.zone ?? 'UTC')?.offsetAt(firstMs) ?? 0;
  const { year, month } = civilFromDays(Math.floor((firstMs + offset) / DAY_MS));
  // A line without an event may come first, still in the year before.
  return String(cut.firstMonth > month ? year - 1 : year);
}

/** The options as words of the command line; empty when there are none. */
export function shownOptions({
  reorder,
  inputFormat,
  map,
  kind,
  tz,
  year,
  node,
}: LogOptions): string {
  const given: [string, string | undefined][] = [
    ...(tz ?? []).map((value): [string, string] => ['--tz', value]),
    ...(Array.isArray(year) ? year : []).map((value): [string, string] => [
      '--year',
      String(value),
    ]),
    ...(node ?? []).map((value): [string, string] => ['--node', value]),
    ['--reorder', reorder],
    ['--input-format', inputFormat],
    ...(map ?? []).map((value): [string, string] => ['--map', value]),
    ['--kind', kind],
  ];
  return given
    .flatMap(([option, value]) => (value === undefined ? [] : [`${option} ${value}`]))
    .join(' ');
}
