import { formatNetwork } from '../model/address.ts';
import { DAY_MS, formatCompact, formatIso } from '../model/time.ts';
import { visible } from '../model/visible.ts';
import type { Answer, CountAnswer, CountRow } from './answer.ts';
import type { CountQuery } from './query.ts';
import { formatReference } from './select-journals.ts';

export type AnswerFormat = 'table' | 'json' | 'csv';

/** Widths of a label and of a single number, as cidr_cli prints them. */
const LABEL_WIDTH = 18;
const NUMBER_WIDTH = 9;

/** The text of an answer, line by line. */
export function formatAnswer(answer: Answer, format: AnswerFormat): Iterable<string> {
  if (format === 'json') return jsonLines(answer);
  return format === 'csv' ? csvLines(answer) : tableLines(answer);
}

const tableLine = (label: string, number: number): string =>
  `${label.padEnd(LABEL_WIDTH)} : ${String(number).padStart(NUMBER_WIDTH)}\n`;

function* tableLines(answer: Answer): Generator<string, void, undefined> {
  switch (answer.kind) {
    case 'available':
      for (const { reference, firstMs, lastMs } of answer.series) {
        yield `${visible(reference)} : ${formatCompact(firstMs)} => ${formatCompact(lastMs)}\n`;
      }
      break;
    case 'cache':
      yield tableLine('journals read', answer.readings.files);
      yield tableLine('rows', answer.readings.rows);
      yield tableLine('bytes', answer.readings.bytes);
      break;
    case 'count':
      yield* countLines(answer);
  }
}

function* countLines({ query, rows }: CountAnswer): Generator<string, void, undefined> {
  const { block: asked, sizes } = query;
  const oneBlock = sizes.from === asked.bits && sizes.to === asked.bits;
  for (const { stepMs, block, counts } of rows) {
    let label = block;
    if (stepMs !== undefined) {
      const stamp = formatCompact(stepMs);
      const step = query.aggregate === 'day' ? stamp.slice(0, 8) : stamp;
      // Where every row is of the block that was asked for, naming it says nothing.
      label = oneBlock ? step : `${step} ${block}`;
    }
    if (counts.length === 1) yield tableLine(label, counts[0]);
    else yield `${label.padEnd(LABEL_WIDTH)} : ${counts.join(',')}\n`;
  }
}

/** When a step began: a time, or a date where steps are days. */
function stepText({ aggregate }: CountQuery, { stepMs }: CountRow): string | undefined {
  if (stepMs === undefined) return undefined;
  const iso = formatIso(stepMs);
  return aggregate === 'day' && stepMs % DAY_MS === 0 ? iso.slice(0, 10) : iso;
}

const referencesOf = ({ series }: CountQuery): string[] =>
  series.map(({ name, monitor }) => formatReference(name, monitor));

/** A field as RFC 4180 writes it. */
const csvField = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

function* csvLines(answer: Answer): Generator<string, void, undefined> {
  switch (answer.kind) {
    case 'available':
      yield 'series,monitor,first,last,journals\n';
      for (const { reference, monitor, firstMs, lastMs, journals } of answer.series) {
        const fields = [reference, monitor, formatIso(firstMs), formatIso(lastMs)].map(csvField);
        yield `${fields.join(',')},${journals}\n`;
      }
      break;
    case 'cache': {
      const { files, rows, bytes } = answer.readings;
      yield `journals,rows,bytes\n${files},${rows},${bytes}\n`;
      break;
    }
    case 'count': {
      const { query, rows } = answer;
      const single = query.union || query.series.length === 1;
      const counts = single ? ['count'] : referencesOf(query);
      const step = query.aggregate === 'none' ? [] : ['time'];
      yield `${[...step, 'block', ...counts].map(csvField).join(',')}\n`;
      for (const row of rows) {
        const time = stepText(query, row);
        yield `${time === undefined ? '' : `${time},`}${row.block},${row.counts.join(',')}\n`;
      }
    }
  }
}

function* jsonLines(answer: Answer): Generator<string, void, undefined> {
  switch (answer.kind) {
    case 'available': {
      const series = answer.series.map(({ reference, monitor, firstMs, lastMs, journals }) => {
        const [first, last] = [formatIso(firstMs), formatIso(lastMs)];
        return { series: reference, monitor, first, last, journals };
      });
      yield* jsonDocument({}, 'available', series);
      break;
    }
    case 'cache': {
      const { files, rows, bytes } = answer.readings;
      yield `${JSON.stringify({ journals: files, rows, bytes })}\n`;
      break;
    }
    case 'count':
      yield* countJson(answer);
  }
}

function* countJson({ query, journals, rows }: CountAnswer): Generator<string, void, undefined> {
  const { union, block, span, aggregate } = query;
  const isoOf = (timeMs: number): string | null =>
    Number.isFinite(timeMs) ? formatIso(timeMs) : null;
  const series = referencesOf(query);
  const head = {
    query: query.text.trim(),
    block: formatNetwork(block),
    series,
    union,
    ...(span.kind === 'span'
      ? { from: isoOf(span.fromMs), to: isoOf(span.toMs) }
      : { on: isoOf(span.atMs) }),
    ...(aggregate === 'none' ? {} : { aggregate }),
    journals,
  };
  function* objects(): Generator<object, void, undefined> {
    for (const row of rows) {
      const time = stepText(query, row);
      const { counts } = row;
      yield {
        ...(time === undefined ? {} : { time }),
        block: row.block,
        ...(counts.length === 1 ? { count: counts[0] } : { counts }),
      };
    }
  }
  yield* jsonDocument(head, 'rows', objects());
}

/** One JSON object with a list at its end, an element on each line. */
function* jsonDocument(
  head: object,
  name: string,
  list: Iterable<object>,
): Generator<string, void, undefined> {
  const start = JSON.stringify(head).slice(0, -1);
  yield `${start}${start === '{' ? '' : ','}${JSON.stringify(name)}:[`;
  let before = '\n';
  for (const element of list) {
    yield `${before}${JSON.stringify(element)}`;
    before = ',\n';
  }
  yield before === '\n' ? ']}\n' : '\n]}\n';
}
