// The two thresholds of audit_service as a Sieve script and as YAML rules, in turn over the same
// connections: how many connects each judges in a second.
//
//   npm run bench:scripts -- [--connects N] [--runs N] [--json]
//
// Nothing is timed before both have fired as often. Run `npm run build` first.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { timeFaces } from './faces.mjs';
import { HINDCAST, measure } from './measure.mjs';
import { LineFile } from './traffic/outputs.mjs';
import { Random } from './traffic/random.mjs';

const START_S = Date.UTC(2026, 2, 2) / 1000;
const CLIENTS = 200_000;
const CONNECTS_PER_S = 4000;
/** Sessions last up to this long, in connects: half as many are open at any time. */
const LONGEST = 10_000;
/** One of 5 connects comes from one address, which stands at its limit most of the time. */
const SINGLE = 5;
const LIMITS = { address: 1000, block: 10_000 };

const SCRIPT = `($connections) = audit_service "inbound_cidr" "/32";
($c_connections) = audit_service "inbound_cidr" "/24";
if ec_test :value "gt" :comparator "i;ascii-numeric" "\${connections}" "${LIMITS.address}" {
  ec_tarpit 10 "too many connections /32";
}
if ec_test :value "gt" :comparator "i;ascii-numeric" "\${c_connections}" "${LIMITS.block}" {
  ec_tarpit 10 "too many connections /24";
}
`;
const RULES = `hindcast: 1
rules:
  - { name: "32", count: sessions, service: inbound_cidr, per: address, above: ${LIMITS.address}, at: connect, then: { tarpit: 10, reason: many } }
  - { name: "24", count: sessions, service: inbound_cidr, per: { ipv4: 24, ipv6: 24 }, above: ${LIMITS.block}, at: connect, then: { tarpit: 10, reason: many } }
`;

/** @param {Random} random */
function addressOf(random) {
  if (random.next() % SINGLE === 0) return '192.0.2.7';
  const share = random.next() / 2 ** 32;
  const client = Math.floor(share ** 4 * CLIENTS);
  return `10.${client >> 16}.${(client >> 8) & 255}.${client & 255}`;
}

/**
 * Connections of clients, a few of them with many at a time; most end before the file does.
 *
 * @param {string} folder
 * @param {string} name of the file
 * @param {number} connects
 */
function writeConnections(folder, name, connects) {
  const random = new Random(7);
  const out = new LineFile(folder, name);
  out.write('time,kind,ip,session');
  /** @type {Map<number, [session: number, ip: string][]>} */
  const endings = new Map();
  for (let session = 0; session < connects; session++) {
    const second = START_S + Math.floor(session / CONNECTS_PER_S);
    const ip = addressOf(random);
    out.write(`${second},connect,${ip},s${session}`);
    const end = session + 1 + (random.next() % LONGEST);
    const ending = endings.get(end);
    if (ending === undefined) endings.set(end, [[session, ip]]);
    else ending.push([session, ip]);
    for (const [old, peer] of endings.get(session) ?? []) {
      out.write(`${second},disconnect,${peer},s${old}`);
    }
    endings.delete(session);
  }
  out.finish();
}

/**
 * What fired, without the names of the rules.
 *
 * @param {string} folder of a report
 */
function firingsOf(folder) {
  const [, ...rows] = readFileSync(path.join(folder, 'firings.csv'), 'utf8').trim().split('\n');
  return rows.reduce((sum, row) => sum + Number(row.split(',')[3]), 0);
}

const { values } = parseArgs({
  options: {
    connects: { type: 'string', default: '3000000' },
    runs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const connects = Number(values.connects);
const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-scripts-'));
try {
  const log = path.join(folder, 'connects.csv');
  const one = path.join(folder, 'one.csv');
  writeConnections(folder, 'connects.csv', connects);
  writeConnections(folder, 'one.csv', 1);
  const script = path.join(folder, 'limits.siv');
  const rules = path.join(folder, 'limits.yaml');
  writeFileSync(script, SCRIPT);
  writeFileSync(rules, RULES);
  const faces = [
    { name: 'Sieve', args: ['--policy', script, '--phase', 'connect'] },
    { name: 'YAML', args: ['--policy', rules] },
    { name: 'no policy', args: [] },
  ];
  const counts = [];
  for (const { name, args } of faces) {
    if (args.length === 0) continue;
    const out = path.join(folder, name);
    await measure(process.execPath, [HINDCAST, 'replay', log, ...args, '--out', out]);
    counts.push(firingsOf(out));
  }
  assert.ok(counts[0] > 0, 'the limits are reached');
  assert.equal(counts[0], counts[1]);
  const timed = await timeFaces(faces, { log, one, runs: Number(values.runs) });
  const rows = timed.map((row) => ({
    ...row,
    connectsPerSecond: Math.round(connects / row.seconds),
  }));
  if (values.json)
    console.log(JSON.stringify({ connects, firings: counts[0], rows }, undefined, 2));
  else console.table(rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
