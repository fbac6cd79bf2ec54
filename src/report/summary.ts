import type { FileReport } from '../model/file-report.ts';
import { formatMonitor } from '../model/monitor.ts';
import { formatIso } from '../model/time.ts';
import type { CollateralTally } from '../simulate/collateral.ts';
import type {
  EnforcedTally,
  NodeTotals,
  RuleTally,
  ScriptTally,
  StoppedCounts,
  Tally,
} from '../simulate/tally.ts';
import { rounded } from './csv.ts';

/** A finished replay, as every form of the report shows it. */
export interface ReplayReport {
  readonly version: string;
  /** The policy's file name; undefined for a run without one. */
  readonly policy: string | undefined;
  readonly files: readonly FileReport[];
  readonly tally: Tally;
  /** Of a run with a state; the tally is then that of all its runs. */
  readonly stored?: StoredFacts | undefined;
  /** What a reader should know of facts that some inputs lack. */
  readonly missing: readonly string[];
}

/** Where a run with a state began, and what it has left. */
export interface StoredFacts {
  /** The clock of the state that it went on from; undefined: it is the first. */
  readonly fromMs: number | undefined;
  /** The clock of the state that it leaves; undefined when there was no event at all. */
  readonly clockMs: number | undefined;
  /** Events held back, which the next run's may precede. */
  readonly held: number;
  /** Whether the windows were closed: nothing can follow. */
  readonly closed: boolean;
}

const iso = (timeMs: number | undefined): string | null =>
  timeMs === undefined ? null : formatIso(timeMs);

/** Lines of all files by class. */
export function totalLines(files: readonly FileReport[]): {
  lines: number;
  event: number;
  irrelevant: number;
  unparsed: number;
} {
  const total = { lines: 0, event: 0, irrelevant: 0, unparsed: 0 };
  for (const file of files) {
    total.lines += file.lines;
    total.event += file.event;
    total.irrelevant += file.irrelevant;
    total.unparsed += file.unparsed;
  }
  return total;
}

/** The summary as JSON values; key order is part of the format. */
export function summaryJson(report: ReplayReport): unknown {
  const { tally } = report;
  const { sessions } = tally;
  return {
    hindcast: report.version,
    policy: report.policy ?? null,
    first: iso(tally.firstMs),
    last: iso(tally.lastMs),
    ...(report.stored && { state: storedJson(report.stored) }),
    lines: totalLines(report.files),
    events: tally.events,
    ignored: tally.ignored,
    late: tally.late,
    too_late: tally.tooLate,
    sessions: {
      opened: sessions.opened,
      ended: endsJson(tally),
      unopened: sessions.unopened,
      open_at_end: sessions.openAtEnd,
      peak: sessions.peak,
      peak_at: iso(sessions.peakMs),
    },
    ...(tally.enforced && { enforced: enforcedJson(tally.enforced) }),
    ...(tally.nodes.length > 1 && { nodes: tally.nodes.map(nodeJson) }),
    series: tally.series.map(({ series, monitor, total, windows, busiest }) => ({
      series,
      monitor: formatMonitor(monitor),
      total,
      windows,
      busiest: {
        window_start: formatIso(busiest.windowStartMs),
        total: busiest.total,
        keys: busiest.keys,
        top_key: busiest.topKey,
        top_count: busiest.topCount,
      },
    })),
    rules: tally.rules.map(ruleJson),
    ...(tally.collateral && collateralJson(tally.collateral, tally)),
    notes: tally.notes.map((note) => ({
      series: note.series,
      wrong_family: note.wrongFamily,
      without_key: note.withoutKey,
      without_amount: note.withoutAmount,
      below_zero: note.negative,
    })),
    unfed: tally.unfed,
    missing: report.missing,
    ...(tally.scripts && { scripts: scriptsJson(tally.scripts) }),
    files: report.files.map(fileJson),
  };
}

/** Rules refuse sessions only where the policy is in force. */
function endsJson({ sessions, enforced }: Tally): unknown {
  const { refused, ...logged } = sessions.ended;
  return enforced === undefined ? logged : { ...logged, refused };
}

/** What was observed beside what was enforced, which the rest of the summary has. */
function enforcedJson({ observed, accepted, blocks, tarpits, retries }: EnforcedTally): unknown {
  return {
    observed: { events: observed.events, rules: observed.rules.map(ruleJson) },
    accepted: { events: accepted },
    blocks,
    tarpits: {
      sessions: tarpits.sessions,
      seconds: tarpits.seconds,
      held_at_end: tarpits.heldAtEnd,
    },
    ...(retries && {
      retries: {
        after_s: retries.afterMs / 1000,
        returned: retries.returned,
        gave_up: retries.gaveUp,
        waiting: retries.waiting,
      },
    }),
  };
}

/** What rules take, and which refuse the same events. */
export function collateralJson(
  { total, rules }: CollateralTally,
  { rules: tallies, overlap }: Tally,
): object {
  const nameOf = (rule: number): string => tallies[rule].name;
  return {
    collateral: {
      total,
      rules: rules.map(({ senders, ...counts }, index) => ({
        rule: nameOf(index),
        ...counts,
        top_senders: senders,
      })),
    },
    overlap: overlap.map(({ rule, other, events }) => ({
      rule: nameOf(rule),
      other: nameOf(other),
      events,
    })),
  };
}

function scriptsJson({ notes, stats, logged, firstLogged }: ScriptTally): unknown {
  return {
    notes,
    stats: stats.map(({ phase, counter, kind, count }) => ({ phase, counter, class: kind, count })),
    logged: {
      lines: logged,
      first: firstLogged.map(({ timeMs, place, target, text, ip, file, line }) => ({
        time: formatIso(timeMs),
        place,
        target,
        text,
        ip,
        file,
        line,
      })),
    },
  };
}

function storedJson({ fromMs, clockMs, held, closed }: StoredFacts): unknown {
  return { from: iso(fromMs), clock: iso(clockMs), held, closed };
}

function nodeJson(tally: NodeTotals): unknown {
  const { node, events, ignored, late, tooLate, sessions, firings } = tally;
  return {
    node,
    events,
    ignored,
    late,
    too_late: tooLate,
    sessions: { opened: sessions.opened, peak: sessions.peak },
    firings,
    stopped: stoppedJson(tally),
  };
}

function stoppedJson(counts: Readonly<StoppedCounts>): unknown {
  return {
    connections: counts.stoppedConnections,
    messages: counts.stoppedMessages,
    accepted: counts.stoppedAccepted,
  };
}

function ruleJson(rule: RuleTally): unknown {
  return {
    rule: rule.name,
    verdict: rule.verdict,
    firings: rule.firings,
    keys: rule.keys,
    stopped: stoppedJson(rule),
    first: iso(rule.firstMs),
    last: iso(rule.lastMs),
    episodes: rule.episodes,
    top_episodes: rule.topEpisodes.map((episode) => ({
      key: episode.key,
      start: formatIso(episode.startMs),
      end: formatIso(episode.endMs),
      windows: episode.windows,
      firings: episode.firings,
      peak: episode.peak === undefined ? null : Number(rounded(episode.peak, 3)),
    })),
  };
}

/** One input's line accounting and time report. */
export function fileJson(file: FileReport): object {
  return {
    file: file.file,
    dialect: file.dialect ?? null,
    size: file.sizeBytes,
    packing: file.archive?.kind ?? null,
    ends_early: file.archive?.endsEarly ?? false,
    trailing_garbage: file.archive?.trailingGarbage ?? false,
    lacks: file.lacks,
    infers: file.infers,
    lines: file.lines,
    event: file.event,
    irrelevant: file.irrelevant,
    unparsed: file.unparsed,
    repeated: file.repeated,
    repeated_in: file.repeatedIn,
    reasons: file.reasons,
    shapes: file.shapes,
    other_shapes: file.otherShapes,
    first: iso(file.firstMs),
    last: iso(file.lastMs),
    year: file.year ?? null,
    zone: file.zone ?? null,
    late: file.late,
    too_late: file.tooLate,
    quarantined: file.quarantined,
    quarantined_lines: file.quarantinedLines.map(({ line, timeMs }) => ({
      line,
      time: formatIso(timeMs),
    })),
    gaps: file.gaps,
    longest_gaps: file.longestGaps.map(({ fromMs, toMs, line }) => ({
      from: formatIso(fromMs),
      to: formatIso(toMs),
      line,
    })),
    duplicate_of: file.duplicateOf ?? null,
    overlaps: file.overlaps,
  };
}
