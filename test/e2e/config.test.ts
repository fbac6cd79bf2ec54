// Goal: a replay counts under the monitors of an ecelerity.conf, says what it was made from, and
// refuses a configuration that it cannot use or that the policy contradicts.
// Method: the built command over a short log, with configurations of one file and of several.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadLibrary } from './load-library.ts';
import { connect } from './log-lines.ts';
import { outputKept, runKept } from './kept-hindcast.ts';
import { newFolder, readCsv, runHindcast } from './run-hindcast.ts';

const LOG =
  connect('2026-11-20T10:00:00Z', '192.0.2.1') + connect('2026-11-20T10:01:30Z', '192.0.2.1');
const CONFIG = `Hostname = mx1.example.net
Esmtp_Listener = { Listen ":25" { } }
include "conf.d"
`;
const AUDIT = `inbound_audit {
  monitors = ( "60,3" "1800,4" )
  maintenance_interval = 600
  log_dir = "/var/log/example/journals"
  serialize_dir = "state"
}
`;
const FILES = {
  'mail.log': LOG,
  'etc/ecelerity.conf': CONFIG,
  'etc/conf.d/audit.conf': AUDIT,
  'etc/conf.d/.audit.conf.swp': '}',
  'etc/conf.d/below/other.conf': '}',
};
const POLICY = `hindcast: 1
series: { seen: { type: ip, monitor: '60,3', on: connect, persist: true, serialize: true } }
rules:
  - { name: busy, count: connections, monitor: '1800,4', above: 1, per: address, then: tag }
`;
const REPLAY = ['replay', 'mail.log', '--config', 'etc/ecelerity.conf'];

interface Manifest {
  readonly policy: { readonly sha256: string } | null;
  readonly audit?: Record<string, unknown>;
}

/** The report of a replay that must end well. */
async function report(
  files: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<{ cwd: string; windows: string[]; manifest: Manifest }> {
  const cwd = newFolder(files);
  await outputKept([...args, '--out', 'out'], { cwd });
  const file = (name: string): string => readFileSync(path.join(cwd, 'out', name), 'utf8');
  const windows = readCsv(file('windows.csv')).map(
    (row) => `${row['series']} ${row['monitor']} ${row['window_start']} ${row['total']}`,
  );
  return { cwd, windows, manifest: JSON.parse(file('manifest.json')) as Manifest };
}

/** What a replay that must fail says on stderr. */
async function failure(
  files: Readonly<Record<string, string>>,
  args: readonly string[] = REPLAY,
): Promise<string> {
  const cwd = newFolder({ ...FILES, ...files });
  const { code, stdout, stderr } = await runKept([...args, '--out', 'out'], { cwd });
  expect([code, stdout, existsSync(path.join(cwd, 'out'))]).toEqual([2, '', false]);
  return stderr;
}

describe('a replay under a configuration', () => {
  test('counts under its monitors, with or without a policy', async () => {
    const bare = await report(FILES, REPLAY);
    expect(bare.windows.filter((row) => row.startsWith('connections'))).toEqual([
      'connections 60,3 2026-11-20T10:00:00Z 1',
      'connections 60,3 2026-11-20T10:01:00Z 1',
      'connections 1800,4 2026-11-20T10:00:00Z 2',
    ]);
    const judged = await report({ ...FILES, 'policy.yaml': POLICY }, [
      ...REPLAY,
      '--policy',
      'policy.yaml',
    ]);
    expect(judged.windows).toEqual(expect.arrayContaining(bare.windows));
    expect(readFileSync(path.join(judged.cwd, 'out', 'firings.csv'), 'utf8')).toContain('busy,');
  });

  test('lists the settings, and writes series below the report alone', async () => {
    const files = { ...FILES, 'policy.yaml': POLICY };
    const { cwd, manifest } = await report(files, [...REPLAY, '--policy', 'policy.yaml']);
    expect(manifest.audit).toEqual({
      monitors: ['60,3', '1800,4'],
      maintenance_interval: 600,
      log_dir: '/var/log/example/journals',
      serialize_dir: 'state',
    });
    expect(existsSync(path.join(cwd, 'out', 'series', 'state', 'seen'))).toBe(true);
    expect(existsSync(path.join(cwd, 'state'))).toBe(false);
    expect(existsSync(path.join(cwd, 'etc', 'state'))).toBe(false);
  });

  test('has another digest when an include changes', async () => {
    const first = await report(FILES, REPLAY);
    const again = await report(FILES, REPLAY);
    const changed = await report({ ...FILES, 'etc/conf.d/audit.conf': `${AUDIT}# more` }, REPLAY);
    expect(first.manifest.policy?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(again.manifest).toEqual(first.manifest);
    expect(changed.manifest.policy?.sha256).not.toBe(first.manifest.policy?.sha256);
    expect({ ...changed.manifest, policy: null }).toEqual({ ...first.manifest, policy: null });
  });

  test('finds its rules for --fail-on', async () => {
    const cwd = newFolder({ ...FILES, 'policy.yaml': POLICY });
    const args = [...REPLAY, '--policy', 'policy.yaml', '--fail-on', 'busy'];
    expect(await runHindcast(args, { cwd })).toMatchObject({
      code: 1,
      stderr: 'hindcast: rule busy fired (--fail-on), firings: 1\n',
    });
  });

  test('takes the default monitor where nobody names one', async () => {
    const files = { ...FILES, 'etc/conf.d/audit.conf': 'inbound_audit "old" { }' };
    const { windows, manifest } = await report(files, REPLAY);
    expect(windows).toContain('connections 300,6 2026-11-20T10:00:00Z 2');
    expect(manifest.audit).toEqual({ monitors: ['300,6'] });
  });

  test('shows warnings and goes on', async () => {
    const cwd = newFolder({ ...FILES, 'etc/conf.d/audit.conf': 'inbound_audit { debug = on }' });
    const { code, stderr } = await runKept(REPLAY, { cwd });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^etc\/conf\.d\/audit\.conf:1:17: warning: .* \[option-unknown\]\n/);
  });
});

test('a policy alone may set the interval: it changes no other file of the report', async () => {
  const args = ['replay', 'mail.log', '--policy', 'policy.yaml'];
  const policy = POLICY.replace("'1800,4'", "'300,6'");
  const set = policy.replace('series:', 'audit: { maintenance_interval: 60 }\nseries:');
  const without = await report({ 'mail.log': LOG, 'policy.yaml': policy }, args);
  const withIt = await report({ 'mail.log': LOG, 'policy.yaml': set }, args);
  expect(without.manifest).not.toHaveProperty('audit');
  expect(withIt.manifest.audit).toEqual({ maintenance_interval: 60 });
  expect(withIt.windows).toEqual(without.windows);
});

describe('a configuration is refused', () => {
  test('that the policy contradicts, with both places', async () => {
    const policy = POLICY.replace('series:', "monitors: ['1800,4']\nseries:");
    expect(await failure({ 'policy.yaml': policy }, [...REPLAY, '--policy', 'policy.yaml'])).toBe(
      `policy.yaml:2:11: error: 'monitors' here and in the configuration differ: "1800,4" and "60,3" "1800,4" [config-differs]
2 monitors: ['1800,4']
            ^^^^^^^^^^
hint: given at etc/conf.d/audit.conf:2:14, which holds where the policy is silent
`,
    );
  });

  test.each<[string, Record<string, string>, string]>([
    [
      'with a wrong monitor',
      { 'etc/conf.d/audit.conf': 'inbound_audit {\n  monitors = ( "300,6" 1800 )\n}\n' },
      `etc/conf.d/audit.conf:2:24: error: '1800' is not a monitor [monitor-wrong]
2   monitors = ( "300,6" 1800 )
                         ^^^^
`,
    ],
    [
      'with two stanzas that differ',
      { 'etc/conf.d/zz.conf': 'inbound_audit { }' },
      'etc/conf.d/zz.conf:1:1: error: another inbound_audit stanza, at etc/conf.d/audit.conf:1:1',
    ],
    [
      'with a missing include',
      { 'etc/ecelerity.conf': 'include "gone"' },
      "etc/ecelerity.conf:1:9: error: cannot read 'gone': no such file or folder [",
    ],
    [
      'that includes itself',
      { 'etc/conf.d/audit.conf': 'include "../../etc/ecelerity.conf"' },
      "etc/conf.d/audit.conf:1:9: error: 'etc/ecelerity.conf' includes itself",
    ],
    [
      'with a brace too few',
      { 'etc/ecelerity.conf': 'a {\n' },
      'etc/ecelerity.conf:1:3: error: { is never closed [bracket-open]\n1 a {\n    ^\n',
    ],
  ])('%s', async (_, files, words) => {
    expect(await failure(files)).toContain(words);
  });

  test('that is not there, or a folder', async () => {
    expect(await failure({}, ['replay', 'mail.log', '--config', 'no.conf'])).toBe(
      'hindcast: no such configuration file: no.conf\n',
    );
    expect(await failure({}, ['replay', 'mail.log', '--config', 'etc'])).toBe(
      'hindcast: etc is a folder, not a configuration file\n',
    );
  });
});

describe('check --config', () => {
  test('shows the settings and checks policies under them', async () => {
    const cwd = newFolder({ ...FILES, 'policy.yaml': POLICY });
    expect(await outputKept(['check', '--config', 'etc/ecelerity.conf', 'policy.yaml'], { cwd }))
      .toBe(`etc/ecelerity.conf: ok, monitors "60,3" "1800,4", maintenance_interval 600, log_dir /var/log/example/journals (not used), serialize_dir state (not used)
etc/ecelerity.conf: skipped: esmtp_listener
policy.yaml: ok, 1 series, 1 rule, maintenance_interval 600
`);
    const alone = await runKept(['check', 'policy.yaml'], { cwd });
    expect(alone.code).toBe(2);
    expect(alone.stderr).toContain('[monitor-unknown]');
  });

  test('stops at a bad configuration', async () => {
    const cwd = newFolder({ ...FILES, 'policy.yaml': POLICY, 'bad.conf': '}' });
    const { code, stdout, stderr } = await runKept(
      ['check', '--config', 'bad.conf', 'policy.yaml'],
      { cwd },
    );
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      'bad.conf:1:1: error: } closes nothing [bracket-stray]\n1 }\n  ^\n\nbad.conf: 1 error\n',
    );
  });

  test('needs something to check', async () => {
    expect(await runHindcast(['check'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'hindcast: nothing to check\nhint: hindcast check policy.yaml, or --config FILE\n',
    });
  });
});

test('folders that a configuration names cannot steer the terminal', async () => {
  const cwd = newFolder({ 'a.conf': 'inbound_audit { log_dir = "a\u001B[31m" }' });
  expect(await outputKept(['check', '--config', 'a.conf'], { cwd })).toBe(
    'a.conf: ok, monitors "300,6", maintenance_interval 300, log_dir a\\x1b[31m (not used)\n',
  );
});

test('a program may name a configuration too', async () => {
  const { replay } = await loadLibrary();
  const cwd = newFolder(FILES);
  const config = path.join(cwd, 'etc', 'ecelerity.conf');
  const { report: made } = await replay({ logs: [path.join(cwd, 'mail.log')], config });
  const monitors = new Set(made.tally.series.map(({ monitor }) => monitor.intervalMs));
  expect(monitors).toEqual(new Set([60_000, 1_800_000]));
});
