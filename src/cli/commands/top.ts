import { UserError } from '../../model/errors.ts';
import { KIND_PATTERN } from '../../model/event.ts';
import { Vocabulary } from '../../model/vocabulary.ts';
import { topCsv, topJson, topTable } from '../../report/top-table.ts';
import { top, type CountedKind } from '../../simulate/top.ts';
import { closingNote } from '../closing-note.ts';
import type { LogOptions } from '../input-options.ts';
import { openLogs } from '../open-logs.ts';
import type { CommandContext } from '../program.ts';
import { showProgress } from '../progress.ts';
import { jsonText } from '../replay-logs.ts';
import { refuseUncovered, spanOptions, type SpanFlags } from '../span-options.ts';
import { refuseUnusable } from '../unusable-logs.ts';
import { VERSION } from '../version.ts';

interface TopFlags extends LogOptions, SpanFlags {
  readonly count?: readonly string[];
  readonly share?: string;
  readonly limit?: number;
  readonly format?: 'table' | 'json' | 'csv';
  readonly maxUnparsed?: number;
}

const DEFAULT_COUNTED = ['connections', 'rejections', 'auth_failure'];
const DEFAULT_SHARE = '80%';
const DEFAULT_LIMIT = 10;
/** The names of the metrics, as policies use them; any other word is a kind. */
const METRICS = new Map([
  ['connections', 'connect'],
  ['receptions', 'reception'],
  ['rejections', 'rejection'],
]);

/** `hindcast top` */
export async function runTop(
  logs: readonly string[],
  flags: TopFlags,
  context: CommandContext,
): Promise<void> {
  const { stdio, signal } = context;
  const spans = spanOptions(flags);
  const share = shareOption(flags.share ?? DEFAULT_SHARE);
  const vocabulary = new Vocabulary();
  const counted = countedKinds(flags.count ?? DEFAULT_COUNTED, vocabulary);
  const needs = { textFields: 0 };
  const opened = await openLogs(logs, flags, { vocabulary, needs, gapMs: Infinity, signal });
  const hideProgress = showProgress(stdio, opened.progress);
  try {
    const { sources } = opened;
    const limit = flags.limit ?? DEFAULT_LIMIT;
    const tally = await top({ sources, vocabulary, needs, spans, counted, share, limit });
    hideProgress();
    const files = opened.reports(tally.bySource);
    refuseUnusable(files);
    refuseUncovered(tally, flags);
    const report = { version: VERSION, share, files, tally };
    if (flags.format === 'json') stdio.out(jsonText(topJson(report)));
    else stdio.out(flags.format === 'csv' ? topCsv(report) : topTable(report));
    closingNote(files, flags.maxUnparsed, context);
  } finally {
    hideProgress();
    opened.close();
  }
}

function countedKinds(names: readonly string[], vocabulary: Vocabulary): CountedKind[] {
  const counted = new Map<number, CountedKind>();
  for (const name of names) {
    const word = METRICS.get(name) ?? name;
    const kind = KIND_PATTERN.test(word) ? vocabulary.kinds.id(word) : undefined;
    if (kind === undefined) {
      throw new UserError(
        `--count ${name}: not a kind of event`,
        'connections, receptions, rejections, or a kind such as auth_failure',
      );
    }
    if (!counted.has(kind)) counted.set(kind, { name, kind });
  }
  return [...counted.values()];
}

/** `80%` or `80`, in whole percent. */
function shareOption(text: string): number {
  const share = /^\d{1,3}%?$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (share >= 1 && share <= 100) return share;
  throw new UserError(`--share ${text}: expected whole percent from 1% to 100%`, '--share 80%');
}
