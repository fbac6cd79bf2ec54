// Sessions through Lua hooks at connect and at rcptto, each of which adds to two series and counts
// them, beside the same log without a policy.
//
//   npm run bench:lua -- [--sessions N] [--runs N] [--json]
//
// Run `npm run build` first.
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
const SESSIONS_PER_S = 200;
/** So that some clients pass it in an hour. */
const LIMIT = 500;

const MODULE = `require("msys.core")
require("msys.audit_series")
local mod = {}

function mod:init()
  msys.audit_series.define("connects", "cidr", 300, 12)
  msys.audit_series.define("refused", "cidr", 300, 12)
  return true
end

local function judge(ac, vctx)
  msys.audit_series.add("connects", ac)
  msys.audit_series.add("refused", { key = ac, count = 2 })
  local connects = msys.audit_series.count("connects", { startv = 0, endv = 11, key = "/24" })
  local refused = msys.audit_series.count("refused", { startv = 0, endv = 11, key = "/32" })
  if connects + refused > ${LIMIT} then
    vctx:set_code(421, "try again later")
    return msys.core.VALIDATE_DONE
  end
  return msys.core.VALIDATE_CONT
end

function mod:validate_connect(ac, vctx)
  return judge(ac, vctx)
end

function mod:validate_rcptto(msg, str, ac, vctx)
  return judge(ac, vctx)
end

msys.registerModule("limits", mod)
`;

/**
 * Sessions of one refused recipient each.
 *
 * @param {string} folder
 * @param {string} name of the file
 * @param {number} sessions
 */
function writeSessions(folder, name, sessions) {
  const random = new Random(11);
  const out = new LineFile(folder, name);
  out.write('time,kind,ip,session,phase,recipient');
  for (let session = 0; session < sessions; session++) {
    const second = START_S + Math.floor(session / SESSIONS_PER_S);
    const client = Math.floor((random.next() / 2 ** 32) ** 4 * CLIENTS);
    const ip = `10.${client >> 16}.${(client >> 8) & 255}.${client & 255}`;
    out.write(`${second},connect,${ip},s${session},,`);
    out.write(`${second},rejection,${ip},s${session},rcptto,x@b.example`);
    out.write(`${second},disconnect,${ip},s${session},,`);
  }
  out.finish();
}

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '500000' },
    runs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const sessions = Number(values.sessions);
const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-lua-'));
try {
  const log = path.join(folder, 'sessions.csv');
  const one = path.join(folder, 'one.csv');
  writeSessions(folder, 'sessions.csv', sessions);
  writeSessions(folder, 'one.csv', 1);
  const module = path.join(folder, 'limits.lua');
  writeFileSync(module, MODULE);
  const faces = [
    { name: 'Lua', args: ['--policy', module] },
    { name: 'no policy', args: [] },
  ];
  const out = path.join(folder, 'out');
  await measure(process.execPath, [HINDCAST, 'replay', log, '--policy', module, '--out', out]);
  const windows = readFileSync(path.join(out, 'windows.csv'), 'utf8').trim().split('\n');
  const added = windows
    .filter((row) => row.startsWith('connects,'))
    .reduce((sum, row) => sum + Number(row.split(',')[4]), 0);
  assert.equal(added, sessions * 2, 'each session adds twice');
  const timed = await timeFaces(faces, { log, one, runs: Number(values.runs) });
  const rows = timed.map((row) => ({
    ...row,
    sessionsPerSecond: Math.round(sessions / row.seconds),
  }));
  if (values.json) console.log(JSON.stringify({ sessions, rows }, undefined, 2));
  else console.table(rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
