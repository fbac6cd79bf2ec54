import {
  maskWord,
  formatNetwork,
  formatWords,
  parseNetwork,
  type Network,
} from '../model/address.ts';
import { CheckError, UserError } from '../model/errors.ts';
import { ALL_NEEDS } from '../model/event.ts';
import type { FileReport } from '../model/file-report.ts';
import { Vocabulary } from '../model/vocabulary.ts';
import { needsOf } from '../policy/needs.ts';
import type { Condition, RulePolicy } from '../policy/rule-policy.ts';
import type { CutReport } from '../report/cut-table.ts';
import { EventStream } from '../simulate/event-stream.ts';
import { replay } from '../simulate/replay.ts';
import { SILENT_SINK } from '../simulate/silent-sink.ts';
import type { FiringRow } from '../simulate/tally.ts';
import { eventDifferences, firingDifferences, networksOverlap } from '../testing/cut-check.ts';
import { CutLines } from '../testing/cut-lines.ts';
import type { LineSet } from '../testing/cut-line.ts';
import { CutUnits, type CutEvent, type CutSpan } from '../testing/cut-units.ts';
import { LOOPBACK } from '../simulate/policy-run.ts';
import { pseudonymsUnder, type CutPseudonyms } from './cut-key.ts';
import { cutInput, type CutText } from './cut-lines.ts';
import { CutOutput } from './cut-output.ts';
import { readOptionsOf, shownOptions } from './cut-read-options.ts';
import type { LogOptions } from './input-options.ts';
import { openLogs, type OpenLogs } from './open-logs.ts';
import type { CommandContext } from './program.ts';
import { showProgress } from './progress.ts';
import { longestSpan } from './replay-logs.ts';
import { refuseUnusable } from './unusable-logs.ts';

export interface CutAsked {
  readonly logs: readonly string[];
  readonly options: LogOptions;
  /** Half open, milliseconds UTC. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Empty with `firing`. */
  readonly networks: readonly Network[];
  readonly firing: number | undefined;
  readonly aroundMs: number | undefined;
  readonly policy: RulePolicy | undefined;
  /** Undefined: nothing is replaced. */
  readonly key: Buffer | undefined;
  readonly out: string;
  readonly force: boolean;
  readonly context: CommandContext;
}

/** Which firings are compared, and what is kept for them. */
interface Aim {
  readonly networks: readonly Network[];
  /** Firings of windows in here are compared. */
  readonly span: CutSpan;
  /** What happened in here is kept. */
  readonly kept: CutSpan;
}

/** Reads the logs for the firings, for the sessions and messages, for the lines; then the cut. */
export class CutRun {
  readonly #asked: CutAsked;
  readonly #pseudonyms: CutPseudonyms | undefined;

  constructor(asked: CutAsked) {
    this.#asked = asked;
    const { key, policy } = asked;
    this.#pseudonyms = key && pseudonymsUnder(key, [...LOOPBACK, ...(policy?.ignore ?? [])]);
  }

  /**
   * @throws {UserError} when nothing is to be kept, or the output is in the way
   * @throws {CheckError} with the differences when the cut does not show what the whole shows
   */
  async cut(): Promise<Omit<CutReport, 'version'>> {
    const { logs, options } = this.#asked;
    const rows = await this.#firings(logs, options);
    const aim = this.#aimAt(rows);
    const output = await this.#output();
    try {
      return await this.#read(logs, options, async (opened) => {
        const gathered = new CutUnits(aim.networks, aim.kept, this.#peerText);
        await streamInto(opened, gathered);
        const files = opened.reports([]);
        refuseUnusable(files);
        const units = gathered.selected();
        const events = gathered.events.filter(({ unit }) => units.has(unit));
        if (events.length === 0) throw nothingKept(aim.networks, gathered.events.length > 0);
        const kept = gathered.linesOf(units);
        const texts = await this.#texts(opened, gathered, kept, aim);
        const names = opened.sources.map(({ input }) => output.nameOf(input.name));
        const reads = readOptionsOf(
          texts.flatMap((cut, source) => {
            if (cut.lines === 0) return [];
            const input = opened.fileOf(source);
            const file = files.find((report) => report.file === input)!;
            const firstMs = events.find((event) => event.source === source)?.timeMs;
            return [{ name: names[source], input, file, cut, firstMs }];
          }),
          options,
        );
        texts.forEach(({ text, lines }, source) => {
          if (lines > 0) output.add(names[source], text);
        });
        const firings = await this.#check(events, rows, aim, kept, opened, output, reads);
        output.commit();
        return {
          networks: aim.networks,
          files: texts.flatMap(({ lines }, source) => {
            const of = lineCount(files, opened.fileOf(source));
            return lines === 0 ? [] : [{ file: names[source], lines, of }];
          }),
          events: events.length,
          sessions: [...units].filter(({ isSession }) => isSession).length,
          messages: [...units].reduce((sum, { messages }) => sum + messages, 0),
          peers: new Set(events.map(({ peer }) => peer).filter((peer) => peer !== '')).size,
          firstMs: Math.min(...events.map(({ timeMs }) => timeMs)),
          lastMs: Math.max(...events.map(({ timeMs }) => timeMs)),
          isAnonymised: this.#pseudonyms !== undefined,
          firings,
          readWith: shownOptions(reads),
        };
      });
    } finally {
      output.clear();
    }
  }

  /** Rows of firings.csv; none without a policy. */
  async #firings(logs: readonly string[], options: LogOptions): Promise<FiringRow[]> {
    const { policy, fromMs, toMs } = this.#asked;
    const rows: FiringRow[] = [];
    if (policy === undefined) return rows;
    const needs = needsOf(policy);
    await this.#read(logs, options, async ({ sources, fileOf }, vocabulary) => {
      const sink = { ...SILENT_SINK, firing: (row: FiringRow) => void rows.push(row) };
      await replay({ sources, vocabulary, needs, policy, fromMs, toMs, fileOf, top: 0, sink });
    });
    return rows;
  }

  #aimAt(rows: readonly FiringRow[]): Aim {
    const { firing, aroundMs, policy, fromMs = -Infinity, toMs = Infinity } = this.#asked;
    const networks = firing === undefined ? this.#asked.networks : [blockOf(rows, firing)];
    let span = { fromMs, toMs };
    if (aroundMs !== undefined) {
      const row = firing === undefined ? undefined : rows[firing - 1];
      const own = rows.filter((each) => {
        if (row !== undefined) return each === row;
        const block = parseNetwork(each.key);
        return block !== undefined && networks.some((network) => networksOverlap(network, block));
      });
      if (own.length === 0) throw nothingFires(networks);
      const starts = own.map(({ windowStartMs }) => windowStartMs);
      const ends = own.map(({ rule, windowStartMs }) => windowStartMs + intervalOf(policy!, rule));
      span = {
        fromMs: Math.max(fromMs, starts.reduce((a, b) => Math.min(a, b)) - aroundMs),
        toMs: Math.min(toMs, ends.reduce((a, b) => Math.max(a, b)) + aroundMs),
      };
    }
    const monitors = policy && [...policy.monitors, ...policy.series.map(({ monitor }) => monitor)];
    const warmMs = monitors === undefined ? 0 : longestSpan(monitors);
    return { networks, span, kept: { fromMs: span.fromMs - warmMs, toMs: span.toMs } };
  }

  /** Refuses an output that is in the way before anything is read again. */
  async #output(): Promise<CutOutput> {
    const { logs, options, out, force } = this.#asked;
    return this.#read(logs, options, (opened) => {
      if (!opened.readTwice) {
        throw new UserError('cut reads the logs several times, which a pipe cannot do');
      }
      return Promise.resolve(
        new CutOutput(
          out,
          opened.sources.map(({ input }) => input),
          force,
        ),
      );
    });
  }

  async #texts(
    opened: OpenLogs,
    { eventLines, spans }: CutUnits,
    kept: LineSet,
    { networks }: Aim,
  ): Promise<CutText[]> {
    const { options, context } = this.#asked;
    const lines = new CutLines({ networks, kept, eventLines });
    const names = this.#pseudonyms?.texts;
    const rules = { options, signal: context.signal, lines, kept, spans, names };
    const texts: CutText[] = [];
    for (const { rank, input } of opened.sources) texts[rank] = await cutInput(rank, input, rules);
    return texts;
  }

  /** How many firings the whole and the cut share; undefined without a policy. */
  async #check(
    events: readonly CutEvent[],
    rows: readonly FiringRow[],
    { networks, span }: Aim,
    kept: LineSet,
    { sources }: OpenLogs,
    output: CutOutput,
    reads: LogOptions,
  ): Promise<number | undefined> {
    const shown = networks.map(this.#shownAs);
    const anyTime = { fromMs: -Infinity, toMs: Infinity };
    const found = new CutUnits(shown, anyTime, formatWords);
    await this.#read(output.grown, reads, (opened) => streamInto(opened, found));
    const differences = eventDifferences(events, found.events);
    const { policy, fromMs = -Infinity, toMs = Infinity } = this.#asked;
    const numbers = new Map(sources.map(({ input, rank }) => [input.name, rank]));
    const isKept = ({ file, line }: FiringRow): boolean => {
      const own = numbers.get(file);
      if (own !== undefined) return kept.has(own, '', line);
      return [...numbers.values()].some((source) => kept.has(source, file, line));
    };
    const cut = await this.#firings(output.grown, reads);
    const compared =
      policy &&
      firingDifferences({
        whole: rows,
        cut,
        policy,
        networks,
        // Both replays begin and end there, so windows that are cut in two are cut alike.
        fromMs: span.fromMs === fromMs ? -Infinity : span.fromMs,
        toMs: span.toMs === toMs ? Infinity : span.toMs,
        intervalMs: (rule) => intervalOf(policy, rule),
        shownAs: this.#shownAs,
        isAnonymised: this.#pseudonyms !== undefined,
        isKept,
      });
    differences.push(...(compared?.differences ?? []));
    if (differences.length === 0) return compared?.same;
    throw new CheckError(
      ['the cut does not show what the whole shows; nothing is written', ...differences].join(
        '\n  ',
      ),
    );
  }

  async #read<Result>(
    logs: readonly string[],
    options: LogOptions,
    use: (opened: OpenLogs, vocabulary: Vocabulary) => Promise<Result>,
  ): Promise<Result> {
    const { stdio, signal } = this.#asked.context;
    const vocabulary = new Vocabulary();
    const demands = { vocabulary, needs: ALL_NEEDS, gapMs: Infinity, signal };
    const opened = await openLogs(logs, options, demands);
    const hideProgress = showProgress(stdio, opened.progress);
    try {
      return await use(opened, vocabulary);
    } finally {
      hideProgress();
      opened.close();
    }
  }

  readonly #peerText = (family: number, words: Int32Array, at: number): string => {
    if (family === 0 || this.#pseudonyms === undefined) return formatWords(family, words, at);
    const own = this.#pseudonyms.addresses.of(family === 4 ? 4 : 6, words.subarray(at, at + 4));
    return formatWords(family, Int32Array.from(own), 0);
  };

  readonly #shownAs = (network: Network): Network => {
    if (this.#pseudonyms === undefined) return network;
    const { family, bits } = network;
    const words = this.#pseudonyms.addresses.of(family, network.words);
    const [w0, w1, w2, w3] = words.map((word, index) => (word & maskWord(bits, index)) >>> 0);
    return { family, bits, words: [w0, w1, w2, w3] };
  };
}

async function streamInto({ sources }: OpenLogs, taker: CutUnits): Promise<void> {
  await new EventStream({ sources, needs: ALL_NEEDS, takers: [taker] }).advance(Infinity);
}

/** The block of a row of firings.csv. */
function blockOf(rows: readonly FiringRow[], number: number): Network {
  const row = rows.at(number - 1);
  if (row === undefined) {
    const counted = rows.length === 1 ? '1 row' : `${rows.length} rows`;
    throw new UserError(
      `--firing ${number}: firings.csv of this replay has ${counted}`,
      rows.length === 0 ? 'no rule fires' : 'rows count from 1, without the header',
    );
  }
  const block = row.key.includes('/') ? parseNetwork(row.key) : undefined;
  if (block !== undefined) return block;
  throw new UserError(
    `--firing ${number}: ${row.rule} counts by a text, ${row.key}, which has no peer`,
    'name the peers by --ip; hindcast explain shows them',
  );
}

function intervalOf(policy: RulePolicy, name: string): number {
  const rule = policy.rules.find((each) => each.name === name)!;
  const of = ((condition: Condition) => condition.of)(rule.conditions[0]);
  if (of.type === 'metric' || of.type === 'distinct') return of.monitor.intervalMs;
  if (of.type === 'sessions') return policy.monitors[0].intervalMs;
  return policy.series.find((series) => series.name === of.series)!.monitor.intervalMs;
}

function lineCount(files: readonly FileReport[], name: string): number {
  return files.find(({ file }) => file === name)?.lines ?? 0;
}

function nothingFires(networks: readonly Network[]): UserError {
  const blocks = networks.map(formatNetwork).join(', ');
  return new UserError(`no rule fires for ${blocks}: --around has nothing to go around`);
}

function nothingKept(networks: readonly Network[], elsewhere: boolean): UserError {
  const blocks = networks.map(formatNetwork).join(', ');
  return new UserError(
    `no event of ${blocks} in ${elsewhere ? 'the span asked for' : 'the logs'}`,
    elsewhere ? 'hindcast timeline shows when there are some' : undefined,
  );
}
