import { formatNetwork } from '../model/address.ts';
import type { FileReport } from '../model/file-report.ts';
import { formatIso } from '../model/time.ts';
import type { Growth, ListedGrower, MetricGrowth, Span, TopTally } from '../simulate/top.ts';
import { csvLine, rounded } from './csv.ts';
import { fileJson, totalLines } from './summary.ts';
import { clock, duration, grouped, plainTable } from './plain-table.ts';
import { lineSum, nothing } from './tables.ts';

const CSV_HEADER = 'metric,rank,block,before,now,growth,addresses,apart\n';

export interface TopReport {
  readonly version: string;
  /** Percent. */
  readonly share: number;
  readonly files: readonly FileReport[];
  readonly tally: TopTally;
}

/** What a terminal shows: the two spans, then the growers of each metric. */
export function topTable({ files, tally }: TopReport): string {
  const { before, now, metrics } = tally;
  const parts = [lineSum(files)];
  if (before === undefined || now === undefined) {
    const { lines, event } = totalLines(files);
    return `${lineSum(files)}\n${nothing(lines, event)}\n`;
  }
  parts.push(
    `${spanText(now)}, against ${spanText(before)}, UTC`,
    ...rateNotes(tally, before, now),
  );
  for (const metric of metrics) parts.push('', ...metricParts(metric));
  if (metrics.some(({ growers }) => growers.some(({ apart }) => apart > 0))) {
    parts.push('', 'apart: smaller growers inside the block, which its counts leave out');
  }
  return `${parts.join('\n')}\n`;
}

function rateNotes(tally: TopTally, before: Span, now: Span): string[] {
  const notes: string[] = [];
  const { asked } = tally;
  const isCut = (own: Span, span: Span | undefined): boolean =>
    span !== undefined && (own.fromMs !== span.fromMs || own.toMs !== span.toMs);
  if (isCut(before, asked?.before) || isCut(now, asked?.now)) {
    notes.push('cut to what the log covers');
  }
  const factor = lengthOf(now) / lengthOf(before);
  if (factor !== 1) {
    notes.push(`compared by rate: growth = now - before x ${rounded(factor, 3)}`);
  }
  return notes;
}

const lengthOf = ({ fromMs, toMs }: Span): number => toMs - fromMs;

const spanText = (span: Span): string =>
  `${clock(span.fromMs)} to ${clock(span.toMs)} (${duration(lengthOf(span))})`;

function metricParts({ name, total, growers, others, seen }: MetricGrowth): string[] {
  if (!seen) return [`${name}: none in what was read`];
  const { before, now } = total;
  if (before + now === 0) return [`${name}: none in both spans`];
  if (growers.length === 0) {
    return [`${name}: nobody grew; ${grouped(before)} before, ${grouped(now)} now`];
  }
  const withApart = growers.some(({ apart }) => apart > 0);
  const head = [name, 'before', 'now', 'growth', 'addresses', ...(withApart ? ['apart'] : [])];
  const row = (who: string, growth: Growth, apart = 0): string[] => [
    who,
    grouped(growth.before),
    grouped(growth.now),
    grouped(Number(rounded(growth.growth, 1))),
    grouped(growth.addresses),
    ...(withApart ? [apart === 0 ? '' : grouped(apart)] : []),
  ];
  const rows = growers.map((grower) => row(formatNetwork(grower.network), grower, grower.apart));
  rows.push(row('everyone else', others), row('all', total));
  return [plainTable(head, rows)];
}

/** The answer as JSON values; key order is part of the format. */
export function topJson({ version, share, files, tally }: TopReport): unknown {
  const { before, now, metrics, late } = tally;
  return {
    hindcast: version,
    now: spanJson(now),
    before: spanJson(before),
    share,
    lines: totalLines(files),
    late,
    metrics: metrics.map(({ name, total, growers, others }) => ({
      metric: name,
      ...growthJson(total),
      growers: growers.map((grower) => growerJson(grower)),
      others: growthJson(others),
    })),
    files: files.map(fileJson),
  };
}

function spanJson(span: Span | undefined): unknown {
  return span === undefined
    ? null
    : {
        from: formatIso(span.fromMs),
        to: formatIso(span.toMs),
        seconds: lengthOf(span) / 1000,
      };
}

function growthJson({ before, now, growth, addresses }: Growth): object {
  return { before, now, growth: Number(rounded(growth, 3)), addresses };
}

function growerJson(grower: ListedGrower): unknown {
  return { block: formatNetwork(grower.network), ...growthJson(grower), apart: grower.apart };
}

/** One row for each grower, and for each metric one without rank and block: everyone else. */
export function topCsv({ tally }: TopReport): string {
  let text = CSV_HEADER;
  for (const { name, growers, others } of tally.metrics) {
    const line = (rank: string, block: string, growth: Growth, apart: number): string =>
      csvLine([
        name,
        rank,
        block,
        growth.before,
        growth.now,
        rounded(growth.growth, 3),
        growth.addresses,
        apart,
      ]);
    growers.forEach((grower, index) => {
      text += line(String(index + 1), formatNetwork(grower.network), grower, grower.apart);
    });
    text += line('', '', others, 0);
  }
  return text;
}
