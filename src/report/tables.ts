import type { FileReport } from '../model/file-report.ts';
import { formatMonitor } from '../model/monitor.ts';
import { visible } from '../model/visible.ts';
import type { RuleTally, ScriptTally, Tally } from '../simulate/tally.ts';
import { rounded } from './csv.ts';
import { nodeTotalsTable } from './node-totals.ts';
import { clock, counted, duration, grouped, plainTable } from './plain-table.ts';
import { totalLines, type ReplayReport, type StoredFacts } from './summary.ts';
import {
  collateralTable,
  enforcedEventTable,
  enforcedRemarks,
  enforcedRuleTable,
  overlapTable,
} from './what-if-tables.ts';

/** Episodes shown on a terminal, over all rules; the files have them all. */
const SHOWN_EPISODES = 12;

/** What a terminal shows after a replay: lines, events, rules, and whom they would have hit. */
export function replayTable(report: ReplayReport): string {
  const { tally, files } = report;
  const parts = [heading(files, tally)];
  const { enforced } = tally;
  if (Object.keys(tally.events).length > 0 || tally.ignored > 0) {
    parts.push(enforced === undefined ? eventTable(tally) : enforcedEventTable(tally, enforced));
  }
  if (tally.rules.length > 0) {
    parts.push(
      enforced === undefined ? ruleTable(tally.rules) : enforcedRuleTable(tally, enforced),
    );
    parts.push(...whatIfTables(tally));
    const episodes = episodeTable(tally.rules);
    if (episodes !== undefined) parts.push(episodes);
  } else if (tally.series.length > 0) parts.push(seriesTable(tally));
  const nodes = nodeTotalsTable(tally);
  if (nodes !== undefined) parts.push(nodes);
  if (tally.scripts !== undefined && tally.scripts.stats.length > 0) {
    parts.push(statsTable(tally.scripts));
  }
  if (report.stored !== undefined) parts.push(storedRemark(report.stored));
  parts.push(...remarks(files, tally));
  return `${parts.join('\n')}\n`;
}

function whatIfTables({ collateral, overlap, rules }: Tally): string[] {
  const taken = collateral && collateralTable(collateral, rules);
  return [taken, overlapTable(overlap, rules)].filter((table) => table !== undefined);
}

/** Lines by class, and the span of the events. */
export function heading(
  files: readonly FileReport[],
  tally: Pick<Tally, 'firstMs' | 'lastMs'>,
): string {
  const { lines, event } = totalLines(files);
  const { firstMs, lastMs } = tally;
  const span =
    firstMs === undefined || lastMs === undefined
      ? nothing(lines, event)
      : `${clock(firstMs)} to ${clock(lastMs)} UTC (${duration(lastMs - firstMs)})`;
  return `${lineSum(files)}\n${span}`;
}

/** `mail.log: 6,000 lines = 4,341 events + 1,659 irrelevant + 0 unparsed` */
export function lineSum(files: readonly FileReport[]): string {
  const { lines, event, irrelevant, unparsed } = totalLines(files);
  const inputs = files.length === 1 ? files[0].file : `${files.length} files`;
  const others = `${grouped(irrelevant)} irrelevant + ${grouped(unparsed)} unparsed`;
  return `${inputs}: ${counted(lines, 'line')} = ${counted(event, 'event')} + ${others}`;
}

export function nothing(lines: number, event: number): string {
  if (lines === 0) return 'nothing to read';
  return event === 0 ? 'no event' : 'no event in the span asked for';
}

function eventTable(tally: Tally): string {
  const rows = Object.entries(tally.events).map(([kind, count]) => [kind, grouped(count)]);
  const { sessions } = tally;
  if (sessions.opened > 0) {
    const peakAt = sessions.peakMs === undefined ? '' : ` at ${clock(sessions.peakMs)}`;
    rows.push([`most sessions open at once${peakAt}`, grouped(sessions.peak)]);
  }
  if (tally.ignored > 0) rows.push(['ignored (not counted)', grouped(tally.ignored)]);
  return plainTable(['event', 'count'], rows);
}

function ruleTable(rules: readonly RuleTally[]): string {
  const rows = rules.map((rule) => [
    rule.name,
    rule.verdict,
    grouped(rule.firings),
    grouped(rule.keys),
    grouped(rule.stoppedConnections),
    grouped(rule.stoppedMessages),
    grouped(rule.stoppedAccepted),
    clock(rule.firstMs),
    clock(rule.lastMs),
  ]);
  const head = [
    'rule',
    'verdict',
    'firings',
    'keys',
    'stopped\nconnections',
    'stopped\nmessages',
    'of them\naccepted',
    'first',
    'last',
  ];
  return plainTable(head, rows);
}

/** The worst offenders over all rules: who, when, how much. */
function episodeTable(rules: readonly RuleTally[]): string | undefined {
  const all = rules.flatMap((rule) =>
    rule.topEpisodes.map((episode) => ({ rule: rule.name, ...episode })),
  );
  if (all.length === 0) return undefined;
  all.sort((a, b) => b.firings - a.firings || a.startMs - b.startMs);
  const rows = all
    .slice(0, SHOWN_EPISODES)
    .map(({ rule, key, startMs, endMs, firings, peak }) => [
      rule,
      key,
      clock(startMs),
      clock(endMs),
      grouped(firings),
      peak === undefined ? '' : rounded(peak, 1),
    ]);
  return plainTable(['rule', 'who', 'windows from', 'until', 'firings', 'peak'], rows);
}

function seriesTable(tally: Tally): string {
  const rows = tally.series.map(({ series, monitor, total, windows, busiest }) => [
    series,
    formatMonitor(monitor),
    // The gauge of open sessions has peaks, which do not add up.
    series === 'sessions' ? '' : grouped(total),
    grouped(windows),
    clock(busiest.windowStartMs),
    grouped(busiest.total),
    busiest.topKey,
    grouped(busiest.topCount),
  ]);
  const head = [
    'metric',
    'monitor',
    'total',
    'windows',
    'busiest window',
    'in it',
    'top key',
    'count',
  ];
  return plainTable(head, rows);
}

/** Counters that a terminal shows; scripts may name one after each peer. */
const MOST_COUNTERS = 50;

/** What `stats` of a server's console shows, for the whole replay: the counters that count most. */
function statsTable({ stats }: ScriptTally): string {
  const most = new Set(stats.toSorted((a, b) => b.count - a.count).slice(0, MOST_COUNTERS));
  const shown = stats.filter((one) => most.has(one));
  const rows = shown.map(({ phase, counter, kind, count }) => [
    phase,
    visible(counter),
    kind,
    grouped(count),
  ]);
  const table = plainTable(['phase', 'counter', 'class', 'count'], rows);
  const others = stats.length - shown.length;
  return others === 0
    ? table
    : `${table}\n${counted(others, 'more counter')} (summary.json of --out)`;
}

const NOTE_WORDS = {
  'not-simulated': 'is not simulated',
  failed: 'failed',
  doubt: 'doubtful',
} as const;

/** A traceback is in summary.json. */
const firstLine = (text: string): string => text.split('\n', 1)[0];

function scriptRemarks({ notes }: ScriptTally): string[] {
  return notes.map(({ place, kind, text, times }) => {
    const often = times === 1 ? 'once' : `${grouped(times)} times`;
    return kind === 'not-simulated'
      ? `${place}: ${visible(text)} ${NOTE_WORDS[kind]}, reached ${often}`
      : `${place}: ${NOTE_WORDS[kind]} ${often}: ${visible(firstLine(text))}`;
  });
}

function storedRemark({ fromMs, held, closed }: StoredFacts): string {
  const begun =
    fromMs === undefined
      ? 'first run of this state'
      : `all runs of this state, the last from ${clock(fromMs)} on`;
  const kept =
    held === 0
      ? 'open windows'
      : `open windows and ${counted(held, 'event')} at the end of the logs`;
  return closed ? `${begun}; it is closed` : `${begun}; ${kept} wait for the next run`;
}

/** What a reader should know before trusting the numbers. */
function remarks(files: readonly FileReport[], tally: Tally): string[] {
  const notes: string[] = [];
  if (tally.late + tally.tooLate > 0) {
    notes.push(
      `late lines: ${grouped(tally.late)} counted unjudged, ${grouped(tally.tooLate)} too late`,
    );
  }
  for (const file of files) notes.push(...fileRemarks(file));
  notes.push(...seriesRemarks(tally));
  if (tally.scripts !== undefined) {
    notes.push(...scriptRemarks(tally.scripts));
    const { logged } = tally.scripts;
    if (logged > 0) notes.push(`scripts logged ${counted(logged, 'line')} (log.csv of --out)`);
  }
  if (tally.enforced !== undefined) notes.push(...enforcedRemarks(tally.enforced));
  notes.push(...unfedRemarks(tally));
  return notes;
}

/** What a reader should know of how a policy fared, whatever it found. */
export function policyRemarks(tally: Tally): string[] {
  const ofScripts = tally.scripts === undefined ? [] : scriptRemarks(tally.scripts);
  return [...seriesRemarks(tally), ...ofScripts, ...unfedRemarks(tally)];
}

function seriesRemarks({ notes }: Tally): string[] {
  return notes.map(({ series, wrongFamily, withoutKey, withoutAmount, negative }) => {
    const facts: string[] = [];
    if (wrongFamily > 0) facts.push(`${counted(wrongFamily, 'event')} of the other address family`);
    if (withoutKey > 0) facts.push(`${counted(withoutKey, 'event')} without its key`);
    if (withoutAmount > 0) facts.push(`${counted(withoutAmount, 'event')} without its amount`);
    if (negative) facts.push('a count below zero');
    return `series ${series}: ${facts.join(', ')}`;
  });
}

function unfedRemarks({ unfed }: Tally): string[] {
  return unfed.map(({ rule, kinds }) => {
    return `rule ${rule} counted nothing: the logs hold no ${kinds.join(' or ')}`;
  });
}

/** What a reader should know of one input. */
export function fileRemarks(file: FileReport): string[] {
  const notes: string[] = [];
  if (file.duplicateOf !== undefined) {
    notes.push(`${file.file}: same content as ${file.duplicateOf}, counted once`);
  }
  if (file.repeated > 0) {
    const others = file.repeatedIn.join(', ');
    notes.push(`${file.file}: ${counted(file.repeated, 'line')} left out, repeated in ${others}`);
  }
  if (file.archive?.endsEarly === true) {
    notes.push(
      `${file.file}: the ${file.archive.kind} data end early; what stands before was read`,
    );
  }
  if (file.archive?.trailingGarbage === true) {
    notes.push(`${file.file}: trailing garbage behind the ${file.archive.kind} data left out`);
  }
  if (file.year !== undefined && ['mtime', 'gzip header'].includes(file.year.source)) {
    notes.push(
      `${file.file}: year ${file.year.first} taken from the ${file.year.source}; --year sets it`,
    );
  }
  if (file.infers.length > 0) {
    notes.push(
      `${file.file}: ${file.infers.join(' and ')} inferred from other lines: a lower bound`,
    );
  }
  for (const { reason, lines } of file.reasons) {
    notes.push(`${file.file}: ${counted(lines, 'line')} unparsed: ${reason}`);
  }
  if (file.quarantined > 0) {
    notes.push(
      `${file.file}: ${counted(file.quarantined, 'line')} quarantined (a jump ahead in time)`,
    );
  }
  return notes;
}
