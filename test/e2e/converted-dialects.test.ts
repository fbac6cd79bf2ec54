// Goal: events of dialects without queue lines, out as CSV or NDJSON and in again, are the same replay.
import path from 'node:path';
import { expect, test } from 'vitest';
import { outputKept, runKept } from './kept-hindcast.ts';
import { filesBelow, FIXTURES, newFolder } from './run-hindcast.ts';

const POLICY = `hindcast: 1
monitors: ["60,3"]
series:
  refused: { type: ip, monitor: "30,4", on: rejection, where: { code: [550, 450] }, serialize: true, persist: true }
  sent: { type: ip, monitor: "60,2", on: [delivery, deferral, bounce], serialize: true }
rules:
  - { name: busy, count: connections, windows: 0..2, per: { ipv4: 24, ipv6: 64 }, above: 2, then: { disconnect: "421 4.7.0 busy" } }
  - { name: open, count: sessions, per: address, above: 1, then: { tarpit: 5 } }
  - { name: refusals, count: refused, windows: 0..3, per: { ipv4: 16, ipv6: 48 }, above: 1, at: rcptto, then: { reject: "550 5.7.1 no" } }
  - { name: mail, count: receptions, windows: 0..1, per: address, above: 0, then: tag }
`;

/** KumoMTA logs no connections, so no rule can count them. */
const UNCONNECTED = POLICY.replace(/^.*count: (?:connections|sessions).*\n/gm, '');

/** All files of a report but those that describe its inputs. */
async function reportOf(cwd: string, log: string): Promise<[string, string][]> {
  await outputKept(['replay', log, '--policy', 'p.yaml', '--top', 'all', '--out', 'out'], { cwd });
  const files = Object.entries(filesBelow(path.join(cwd, 'out')));
  return files.filter(([name]) => !name.endsWith('.json'));
}

test.each([
  ['haraka/default.log.gz', POLICY],
  ['haraka/json.log.gz', POLICY],
  ['kumomta/records.json', UNCONNECTED],
])('%s', async (name, policy) => {
  const log = path.join(FIXTURES, 'logs', name);
  const wanted = await reportOf(newFolder({ 'p.yaml': policy }), log);
  expect(wanted.length).toBeGreaterThan(5);
  for (const to of ['csv', 'ndjson']) {
    const events = await outputKept(['convert', log, '--to', to]);
    const cwd = newFolder({ events, 'p.yaml': policy });
    expect(await reportOf(cwd, 'events')).toEqual(wanted);
    expect(await outputKept(['convert', 'events', '--to', to], { cwd })).toBe(events);
  }
});

test('NDJSON of somebody else without --map is the mistake of the user, who is told of it', async () => {
  const cwd = newFolder({ 'events.jsonl': '{"ts":"2026-11-20T11:00:00Z","kind":"connect"}\n' });
  const { code, stderr } = await runKept(['replay', 'events.jsonl'], { cwd });
  expect([code, stderr]).toEqual([2, expect.stringContaining('--map time=ts')]);
});

test('--map and --kind read the NDJSON of somebody else', async () => {
  const line = '{"ts":"2026-11-20T11:00:00","client":{"addr":"192.0.2.1"}}\n';
  const cwd = newFolder({ 'events.jsonl': line });
  const options = ['--map', 'time=ts,ip=client.addr', '--kind', 'connect', '--tz', 'Europe/Berlin'];
  expect(await outputKept(['convert', 'events.jsonl', '--to', 'ndjson', ...options], { cwd })).toBe(
    '{"time":"2026-11-20T10:00:00Z","kind":"connect","ip":"192.0.2.1","service":"SMTP","phase":"connect","file":"events.jsonl","line":1}\n',
  );
});
