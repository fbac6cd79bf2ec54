import { median } from './measure.mjs';

/** @typedef {import('./contenders.mjs').Contender} Contender */

/**
 * The runs of a contender. Run i of one stands beside run i of every other one of its group.
 *
 * @typedef {object} Runs
 * @property {string} name
 * @property {string} command
 * @property {number[]} wallMs
 * @property {number} medianMs
 * @property {number | null} peakBytes highest of all runs
 * @property {string} [skipped] why it was not run
 */

/**
 * @typedef {object} GroupResult
 * @property {string} name
 * @property {string} what
 * @property {Runs[]} contenders
 */

/**
 * A row of the table of targets.
 *
 * @typedef {object} Verdict
 * @property {string} figure
 * @property {number | null} measured null when it was not
 * @property {string} unit
 * @property {number} must
 * @property {number | null} stretch
 * @property {'atMost' | 'atLeast'} sense
 * @property {'stretch' | 'must' | 'missed' | 'not measured'} verdict
 */

/**
 * @typedef {Omit<Verdict, 'measured' | 'verdict'> & {
 *   measure: (results: Results) => number | undefined }} Target
 */

/**
 * @typedef {object} Results
 * @property {readonly GroupResult[]} groups
 * @property {number | undefined} bytesPerKey held by heap and buffers, per live key and table
 */

/**
 * How often `over` takes as long as `under`: the median of the ratios of runs that stood side by
 * side.
 *
 * @param {readonly GroupResult[]} groups
 * @param {string} group
 * @param {string} over
 * @param {string} under
 */
export function ratioOf(groups, group, over, under) {
  const contenders = groups.find(({ name }) => name === group)?.contenders;
  const [above, below] = [over, under].map((name) =>
    contenders?.find((contender) => contender.name === name && contender.wallMs.length > 0),
  );
  if (above === undefined || below === undefined) return undefined;
  const pairs = Math.min(above.wallMs.length, below.wallMs.length);
  return median(Array.from({ length: pairs }, (_, run) => above.wallMs[run] / below.wallMs[run]));
}

/**
 * @param {readonly GroupResult[]} groups
 * @param {string} group
 * @param {string} contender
 */
function peakOf(groups, group, contender) {
  const result = groups.find(({ name }) => name === group);
  return result?.contenders.find(({ name }) => name === contender)?.peakBytes ?? undefined;
}

/**
 * @param {string} figure
 * @param {'atMost' | 'atLeast'} sense
 * @param {[must: number, stretch: number]} limits
 * @param {[group: string, over: string, under: string]} pair
 * @returns {Target}
 */
function ratio(figure, sense, [must, stretch], [group, over, under]) {
  const measured = (/** @type {Results} */ { groups }) => ratioOf(groups, group, over, under);
  return { figure, unit: 'x', must, stretch, sense, measure: measured };
}

const OURS = 'hindcast';

/** @type {readonly Target[]} */
const TARGETS = [
  ratio('log T2 / grep -c', 'atMost', [3, 1], ['log-t2', OURS, 'grep -c']),
  ratio('log T2 / wc -l', 'atMost', [12, 4], ['log-t2', OURS, 'wc -l']),
  ratio('DuckDB T1 / ours, log', 'atLeast', [3, 6], ['log-t1', 'DuckDB', OURS]),
  ratio('DuckDB T1 / ours, CSV', 'atLeast', [1.5, 3.5], ['csv-t1', 'DuckDB', OURS]),
  ratio('mawk T1 / ours, log', 'atLeast', [10, 17], ['log-t1', 'mawk', OURS]),
  ratio('gzip -dc / ours T2, gzip', 'atLeast', [1, 2.5], ['gzip', 'gzip -dc', OURS]),
  {
    figure: 'bytes per live key and table',
    unit: 'B',
    must: 100,
    stretch: 40,
    sense: 'atMost',
    measure: ({ bytesPerKey }) => bytesPerKey,
  },
  {
    figure: 'peak memory, log T2',
    unit: 'MB',
    must: 150,
    stretch: 90,
    sense: 'atMost',
    measure: ({ groups }) => scaled(peakOf(groups, 'log-t2', OURS), 1e6),
  },
  {
    figure: 'peak memory, all days / a tenth',
    unit: 'x',
    must: 1.2,
    stretch: null,
    sense: 'atMost',
    measure: ({ groups }) =>
      scaled(peakOf(groups, 'days', OURS), peakOf(groups, 'days', 'hindcast, a tenth')),
  },
];

/**
 * @param {number | undefined} value
 * @param {number | undefined} unit
 */
function scaled(value, unit) {
  return value === undefined || unit === undefined ? undefined : value / unit;
}

/**
 * The table of targets, with what was measured.
 *
 * @param {Results} results
 * @returns {Verdict[]}
 */
export function judge(results) {
  return TARGETS.map(({ measure, ...target }) => {
    const measured = measure(results);
    return { ...target, measured: measured ?? null, verdict: verdictOf(target, measured) };
  });
}

/**
 * @param {Omit<Target, 'measure'>} target
 * @param {number | undefined} measured
 * @returns {Verdict['verdict']}
 */
function verdictOf({ sense, must, stretch }, measured) {
  if (measured === undefined) return 'not measured';
  const meets = (/** @type {number} */ limit) =>
    sense === 'atMost' ? measured <= limit : measured >= limit;
  if (stretch !== null && meets(stretch)) return 'stretch';
  return meets(must) ? 'must' : 'missed';
}
