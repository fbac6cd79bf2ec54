// Queries over a folder of journals, in turn with `cat FILES | wc -l` over the same files in the page
// cache.
//
//   npm run bench:query -- [--files N] [--rows N] [--runs N] [--json]
//
// Nothing is timed before the answer agrees with a scan of all lines. Run `npm run build` first.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { HINDCAST, measure, median } from './measure.mjs';
import { Random } from './traffic/random.mjs';

/**
 * @typedef {object} Question
 * @property {string} name
 * @property {string} query
 * @property {(address: string) => string} blockOf the row that an address counts in
 */

const INTERVAL_S = 900;
const START_S = Date.UTC(2026, 2, 2) / 1000;
const NETWORKS = 20_000;
const HOSTS = 10;
const TOP = 10;

/** @type {readonly Question[]} */
const QUESTIONS = [
  {
    name: 'top ten addresses',
    query: `show count for 0.0.0.0/0 in spam since 20260302 order by count limit ${TOP}`,
    blockOf: (address) => `${address}/32`,
  },
  {
    name: 'top ten networks',
    query: `show count for 0.0.0.0/0 in spam since 20260302 cidrsize 24 order by count limit ${TOP}`,
    blockOf: (address) => `${address.slice(0, address.lastIndexOf('.'))}.0/24`,
  },
];

const numberOf = (/** @type {string} */ address) =>
  address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);

const addressOf = (/** @type {number} */ word) =>
  `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;

const isoOf = (/** @type {number} */ second) =>
  new Date(second * 1000).toISOString().replace('.000', '');

/**
 * Writes journals of one series: in each some thousand clients out of 20,000 networks of ten, a few
 * of them in almost every one.
 *
 * @param {string} folder
 * @param {number} files
 * @param {number} rows of each file
 */
function writeJournals(folder, files, rows) {
  const random = new Random(files * rows);
  const networks = Array.from({ length: NETWORKS }, () => (random.next() & 0xffff_ff00) >>> 0);
  const clients = networks.flatMap((network) =>
    Array.from({ length: HOSTS }, () => network + random.below(256)),
  );
  for (let file = 0; file < files; file++) {
    /** @type {Set<number>} */
    const seen = new Set();
    while (seen.size < rows) seen.add(clients[Math.floor(random.fraction() ** 2 * clients.length)]);
    const startS = START_S + file * INTERVAL_S;
    const lines = [
      '#hindcast-series,1',
      '#name,spam',
      '#type,cidr',
      `#monitor,"${INTERVAL_S},4"`,
      `#window-zero,${isoOf(startS)}`,
      `#rows,${rows}`,
      'window,key,count',
    ];
    for (const client of [...seen].sort((a, b) => a - b)) {
      lines.push(`0,${addressOf(client)},${1 + random.below(200)}`);
    }
    const text = `${lines.join('\n')}\n`;
    const digest = createHash('sha256').update(text).digest('hex');
    const end = isoOf(startS + INTERVAL_S).replace(/[-:Z]/g, '');
    writeFileSync(path.join(folder, `spam.${end}`), `${text}#sha256,${digest}\n`);
  }
}

/**
 * What the rows of an answer must be: every line of every file looked at.
 *
 * @param {string} folder
 * @param {Question} question
 */
function scanNaively(folder, { blockOf }) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const file of readdirSync(folder)) {
    for (const line of readFileSync(path.join(folder, file), 'latin1').split('\n')) {
      if (!line.startsWith('0,')) continue;
      const [, address, count] = line.split(',');
      const block = blockOf(address);
      sums.set(block, (sums.get(block) ?? 0) + Number(count));
    }
  }
  const start = (/** @type {string} */ block) => numberOf(block.slice(0, block.indexOf('/')));
  return [...sums]
    .sort(([a, mine], [b, theirs]) => theirs - mine || start(a) - start(b))
    .slice(0, TOP)
    .map(([block, count]) => `${block.padEnd(18)} : ${String(count).padStart(9)}\n`)
    .join('');
}

/**
 * @param {string} folder
 * @param {Question} question
 * @param {number} runs
 */
async function compare(folder, question, runs) {
  const ask = () => measure(process.execPath, [HINDCAST, 'query', folder, question.query]);
  const count = () => measure('sh', ['-c', `cat '${folder}'/* | wc -l`]);
  const { stdout } = await ask();
  assert.equal(stdout, scanNaively(folder, question), `the answer to: ${question.query}`);
  /** @type {{ ours: number[], wc: number[], peaks: number[] }} */
  const times = { ours: [], wc: [], peaks: [] };
  for (let run = 0; run < runs; run++) {
    times.wc.push((await count()).wallMs);
    const { wallMs, peakBytes } = await ask();
    times.ours.push(wallMs);
    times.peaks.push(peakBytes ?? 0);
  }
  const [ourMs, wcMs] = [median(times.ours), median(times.wc)];
  const peakMb = Math.max(...times.peaks) / 1e6;
  return { name: question.name, ourMs, wcMs, ratio: ourMs / wcMs, peakMb };
}

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '1000' },
    rows: { type: 'string', default: '5000' },
    runs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-queries-'));
try {
  writeJournals(folder, Number(values.files), Number(values.rows));
  const results = [];
  for (const question of QUESTIONS) {
    results.push(await compare(folder, question, Number(values.runs)));
  }
  if (values.json) console.log(JSON.stringify(results));
  for (const { name, ourMs, wcMs, ratio, peakMb } of values.json ? [] : results) {
    const [ours, wc] = [ourMs, wcMs].map((ms) => `${(ms / 1000).toFixed(2)} s`);
    console.log(
      `${name}: query ${ours}, cat | wc -l ${wc}, ratio ${ratio.toFixed(1)}, ` +
        `peak ${peakMb.toFixed(0)} MB`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
