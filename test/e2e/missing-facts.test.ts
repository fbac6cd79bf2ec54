// Goal: a rule never counts 0 in silence because its logs cannot show what it counts.
// Method: policies over logs of Momentum and Exchange, which lack connections in whole or in part.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { outputKept, runKept } from './kept-hindcast.ts';
import { FIXTURES, newFolder, readCsv } from './run-hindcast.ts';

const LOGS = path.join(FIXTURES, 'logs');
const MAIN = path.join(LOGS, 'momentum', 'mainlog.ec');
const REJECT = path.join(LOGS, 'momentum', 'rejectlog.ec');
const TRACKING = path.join(LOGS, 'exchange', 'MSGTRK2026112019-1.LOG');
const RECEIVE = path.join(LOGS, 'exchange', 'RECV2026112019-1.LOG');

const policyOf = (...counts: readonly string[]): string =>
  [
    'hindcast: 1',
    'series:',
    '  seen: { type: ip, on: [connect], monitor: "300,2" }',
    '  both: { type: ip, on: [connect, rejection], monitor: "300,2" }',
    'rules:',
    ...counts.map(
      (count, at) => `  - { name: r${at}, count: ${count}, above: 0, per: address, then: tag }`,
    ),
    '',
  ].join('\n');

const COMMANDS = [
  ['replay'],
  ['sweep', '--rule', 'r0', '--above', '1,2'],
  ['explain', '--ip', '192.0.2.10', '--at', '2026-11-20T19:30:01Z'],
];

test.each(COMMANDS)('%s refuses what no input logs', async (...command) => {
  const cwd = newFolder({ 'p.yaml': policyOf('connections', 'rejections', 'seen', 'both') });
  const args = [...command, MAIN, REJECT, '--policy', 'p.yaml'];
  const { code, stdout, stderr } = await runKept(args, { cwd });
  expect([code, stdout]).toEqual([2, '']);
  const inputs = 'rejectlog.ec (momentum), mainlog.ec (momentum) log no connect [facts-missing]';
  expect(stderr).toContain(`p.yaml:6:17: error: rule r0 counts connections, and ${inputs}`);
  expect(stderr).toContain('hint: --infer-connections makes');
  expect(stderr).toContain(`p.yaml:8:17: error: rule r2 counts series seen, and ${inputs}`);
  expect(stderr).not.toContain('rule r1');
  expect(stderr).not.toContain('rule r3');
});

test('sessions are not helped by inferred connects', async () => {
  const cwd = newFolder({ 'p.yaml': policyOf('sessions') });
  const args = ['replay', MAIN, '--policy', 'p.yaml', '--infer-connections'];
  const { code, stderr } = await runKept(args, { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('rule r0 counts sessions, and mainlog.ec (momentum) logs no disconnect');
  expect(stderr).not.toContain('hint:');
});

test('what only some inputs lack is a note', async () => {
  const cwd = newFolder({ 'p.yaml': policyOf('connections') });
  const args = ['replay', TRACKING, RECEIVE, '--policy', 'p.yaml', '--format', 'json'];
  const { code, stdout, stderr } = await runKept(args, { cwd });
  expect(code).toBe(0);
  const note = 'rule r0 counts connections: MSGTRK2026112019-1.LOG (exchange) logs no connect';
  expect(stderr).toBe(`${note}\n`);
  const summary = JSON.parse(stdout) as { missing: unknown; events: Record<string, number> };
  expect(summary.missing).toEqual([note]);
  // Nothing counts twice.
  expect(summary.events).toMatchObject({ connect: 4, disconnect: 4, reception: 3, rejection: 6 });
});

test('an input without a dated line has no say', async () => {
  const cwd = newFolder({ 'p.yaml': policyOf('connections'), 'empty.log': '' });
  const { code } = await runKept(['replay', MAIN, 'empty.log', '--policy', 'p.yaml'], { cwd });
  expect(code).toBe(2);
});

test('a script gets 0 and a note', async () => {
  const cwd = newFolder({ 'p.siv': 'require "ec_audit";\n' });
  const args = ['replay', MAIN, '--policy', 'p.siv', '--phase', 'rcptto', '--format', 'json'];
  const { stderr } = await runKept(args, { cwd });
  expect(stderr).toContain('scripts count no connections and sessions of mainlog.ec (momentum)');
});

test('--infer-connections: one connect for each connection, over all inputs', async () => {
  const cwd = newFolder({ 'p.yaml': policyOf('connections') });
  const args = ['replay', MAIN, REJECT, '--policy', 'p.yaml', '--infer-connections'];
  const out = await outputKept([...args, '--out', 'out', '--format', 'json'], { cwd });
  const { events, lines, sessions, files } = JSON.parse(out) as {
    events: Record<string, number>;
    lines: Record<string, number>;
    sessions: Record<string, unknown>;
    files: readonly { lacks: string[]; infers: string[] }[];
  };
  expect(events).toMatchObject({ connect: 8, reception: 8, rejection: 4, auth_failure: 1 });
  expect(lines).toMatchObject({ event: 18, irrelevant: 10, unparsed: 0 });
  expect(sessions).toMatchObject({ opened: 0, peak: 0 });
  for (const { lacks, infers } of files) {
    expect([lacks, infers]).toEqual([['disconnect'], ['connect']]);
  }
  const table = await outputKept(args, { cwd });
  expect(table).toContain('mainlog.ec: connect inferred from other lines: a lower bound');
});

test('--infer-connections does not go with --state', async () => {
  const args = ['replay', MAIN, '--infer-connections', '--state', 'state'];
  const { code, stderr } = await runKept(args);
  expect(code).toBe(2);
  expect(stderr).toContain('--infer-connections does not go with --state');
});

test('inspect says what inputs lack', async () => {
  const out = await outputKept(['inspect', MAIN, TRACKING, RECEIVE, '--format', 'json']);
  const { files } = JSON.parse(out) as { files: readonly { file: string; lacks: string[] }[] };
  expect(files.map(({ lacks }) => lacks)).toEqual([
    ['connect', 'disconnect', 'rejection', 'auth_failure', 'auth_success', 'auth_aborted'],
    ['reception', 'delivery', 'deferral', 'bounce', 'auth_aborted'],
    ['connect', 'disconnect'],
  ]);
});

test('a failure in mainlog.ec and bouncelog.ec counts once, in whatever order they are named', async () => {
  const logs = [MAIN, path.join(LOGS, 'momentum', 'bouncelog.ec')];
  for (const named of [logs, logs.toReversed()]) {
    const csv = await outputKept(['convert', ...named, '--to', 'csv']);
    const bounces = csv.split('\n').filter((line) => line.includes(',bounce,'));
    expect(bounces.map((line) => /(mainlog|bouncelog).*$/.exec(line)?.[0])).toEqual([
      'mainlog.ec,14',
      'bouncelog.ec,3',
    ]);
    // The bounce that came back has the client of its message.
    expect(bounces[1]).toContain(',bounce,2001:db8::25,');
  }
});

test('--infer-connections: one connect for each session of KumoMTA', async () => {
  const log = path.join(LOGS, 'kumomta', 'records.json');
  const records = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const ofClients = records.filter(
    (record) => ['Reception', 'Rejection'].includes(String(record['type'])) && record['session_id'],
  );
  const sessions = new Set(ofClients.map((record) => record['session_id']));
  const args = ['convert', log, '--to', 'csv'];
  const connects = readCsv(await outputKept([...args, '--infer-connections'])).filter(
    ({ kind }) => kind === 'connect',
  );
  expect(connects.map(({ session }) => session).toSorted()).toEqual(
    [...sessions].map(String).toSorted(),
  );
  expect(connects.length).toBeGreaterThan(1);
  expect(readCsv(await outputKept(args)).some(({ kind }) => kind === 'connect')).toBe(false);
});

test.each([
  ['exim/mainlog.default.gz', 'connect, disconnect', 'log_selector = +smtp_connection'],
  ['sendmail/loglevel9.log.gz', 'connect, auth_aborted', 'LogLevel 14'],
])('%s: inspect says what it lacks, a refused rule what would help', async (name, kinds, hint) => {
  const cwd = newFolder({ 'p.yaml': policyOf('connections') });
  const log = path.join(LOGS, name);
  const shown = await outputKept(['inspect', log, '--year', '2026']);
  expect(shown).toMatch(new RegExp(`such a log shows no ${kinds}: no rule can count them`));
  const { code, stderr } = await runKept(['replay', log, '--policy', 'p.yaml', '--year', '2026'], {
    cwd,
  });
  expect([code, stderr]).toEqual([2, expect.stringContaining(hint)]);
});
