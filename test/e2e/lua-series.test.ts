// Goal: a series that a module persists or serializes is written, and what the end of a session adds
// is in it.
// Method: the built command over a log with one session.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from 'vitest';

import { newFolder, runHindcast } from './run-hindcast.ts';

const LOG = `time,kind,ip,session
2026-11-20T10:00:00Z,connect,192.0.2.7,a
2026-11-20T10:00:01Z,connect,192.0.2.8,b
2026-11-20T10:00:02Z,disconnect,192.0.2.7,a
`;
const MODULE = `local mod = {}
function mod:init()
  msys.audit_series.define("open", "cidr", 300, 6, { persist = true })
  msys.audit_series.define("seen", "cidr", 1, 6, { serialize = true })
  return true
end
function mod:validate_connect(ac, vctx)
  msys.audit_series.add("open")
  msys.audit_series.add("seen")
  return msys.core.VALIDATE_CONT
end
function mod:validate_dealloc()
  msys.audit_series.add("open", { count = -1 })
end
msys.registerModule("m", mod)
`;

test('series of a module are written', async () => {
  const cwd = newFolder({ 'log.csv': LOG, 'm.lua': MODULE });
  const run = await runHindcast(['replay', 'log.csv', '--policy', 'm.lua', '--out', 'out'], {
    cwd,
  });
  expect([run.code, run.stderr]).toEqual([0, '']);
  const series = path.join(cwd, 'out', 'series');
  expect(readdirSync(path.join(series, 'state'))).toEqual(['open']);
  const open = readFileSync(path.join(series, 'state', 'open'), 'utf8');
  expect(open).toContain('192.0.2.8');
  expect(open).not.toContain('192.0.2.7');
  expect(readdirSync(path.join(series, 'log'))).toContain('seen.20261120T100001');
});
