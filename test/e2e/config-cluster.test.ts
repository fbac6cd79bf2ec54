// Goal: a configuration's cluster shows in `check`, in the manifest and in the settings of a run,
// however the manual prints it; and a manager's own file may stand beside that of the nodes.
// Method: the built command over the documented forms against what lies beside them, and over small
// configurations. To accept new words, run with HINDCAST_GOLDEN=write and read the difference.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { outputKept, runKept } from './kept-hindcast.ts';
import { connect } from './log-lines.ts';
import { FIXTURES, newFolder } from './run-hindcast.ts';

const DOCUMENTED = path.join(FIXTURES, 'ecelerity', 'cluster');
const documented = readdirSync(DOCUMENTED).filter((name) => name.endsWith('.conf'));

describe('check reads a documented form without a mistake', () => {
  test.each(documented)('%s', async (name) => {
    const shown = await outputKept(['check', '--config', name], { cwd: DOCUMENTED });
    const golden = path.join(DOCUMENTED, name.replace(/conf$/, 'txt'));
    if (process.env['HINDCAST_GOLDEN'] === 'write') writeFileSync(golden, shown);
    expect(shown).toBe(readFileSync(golden, 'utf8'));
  });
});

const FILES = {
  'mail.log': connect('2026-11-20T10:00:00Z', '192.0.2.1'),
  'policy.yaml':
    'hindcast: 1\nrules: [ { name: busy, count: connections, above: 1, per: address, then: tag } ]\n',
  'asks.siv': 'if not true { $n = ec_ip_connections 1; }\n',
  'adds.siv': 'AUDIT_SERIES_ADD "seen" "300,6";\n',
  'silent.siv': 'ec_log "audit_series";\n',
  'limits.lua': 'msys.registerModule("limits", {})\n',
  'node.conf': `inbound_audit { monitors = ( "60,3" ) }
cluster {
  Replicate "metrics" { parameters = "connect;audit_series;delivery" max_delay = 1.5 }
  Replicate "inbound_cidr" { }
  Replicate "OBTM" { }
}
`,
  'manager.conf': `as_logger {
  log_interval = 60
  series_include_default = all
  series_exclude = ( "spam$" )
}
`,
};
const MISSING = 'the configuration has no inbound_audit stanza [audit-missing]\n';

interface Manifest {
  readonly policy: { readonly sha256: string };
  readonly audit?: unknown;
  readonly options: Record<string, unknown>;
}

async function manifestOf(args: readonly string[], files: object = {}): Promise<Manifest> {
  const cwd = newFolder({ ...FILES, ...files });
  await outputKept(['replay', 'mail.log', ...args, '--out', 'out'], { cwd });
  return JSON.parse(readFileSync(path.join(cwd, 'out', 'manifest.json'), 'utf8')) as Manifest;
}

describe('the manifest', () => {
  test('lists what counts of a cluster and its manager, by the names of the configuration', async () => {
    const both = await manifestOf(['--config', 'node.conf', '--config', 'manager.conf']);
    expect(both.audit).toEqual({
      monitors: ['60,3'],
      replicate: {
        metrics: { parameters: 'connect;audit_series', max_delay: 1.5 },
        inbound_cidr: {},
      },
      as_logger: { log_interval: 60, series_include_default: 'all', series_exclude: ['spam$'] },
    });
    const alone = await manifestOf(['--config', 'manager.conf']);
    expect(alone.audit).toEqual({
      as_logger: { log_interval: 60, series_include_default: 'all', series_exclude: ['spam$'] },
    });
  });

  test('lists --max-delay', async () => {
    const { options } = await manifestOf(['--max-delay', '1.5s']);
    expect(options).toEqual({ max_delay: '1.5s' });
  });

  test('has a digest of every file', async () => {
    const args = ['--config', 'node.conf', '--config', 'manager.conf'];
    const first = await manifestOf(args);
    const again = await manifestOf(args);
    const changed = await manifestOf(args, { 'manager.conf': `${FILES['manager.conf']}#` });
    expect(again.policy).toEqual(first.policy);
    expect(changed.policy).not.toEqual(first.policy);
  });
});

describe('--max-delay', () => {
  test.each([
    ['a while', '--max-delay a while: not a duration'],
    ['25h', '--max-delay 25h: longer than a day'],
  ])('%s is refused', async (delay, words) => {
    const cwd = newFolder(FILES);
    const { code, stderr } = await runKept(['replay', 'mail.log', '--max-delay', delay], { cwd });
    expect([code, stderr.split('\n')[0]]).toEqual([2, `hindcast: ${words}`]);
  });

  test('is refused where nothing is replicated', async () => {
    const cwd = newFolder(FILES);
    const args = ['--config', 'manager.conf', '--max-delay', '1s'];
    expect(await runKept(['replay', 'mail.log', ...args], { cwd })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'hindcast: --max-delay delays replicated counts and sessions, and there are none\n',
    });
  });

  test('goes with compare, too', async () => {
    const cwd = newFolder(FILES);
    const policies = ['--policy', 'policy.yaml', '--policy', 'policy.yaml'];
    await outputKept(['compare', 'mail.log', ...policies, '--max-delay', '1s', '--out', 'out'], {
      cwd,
    });
    const text = readFileSync(path.join(cwd, 'out', 'manifest.json'), 'utf8');
    expect((JSON.parse(text) as Manifest).options).toMatchObject({ max_delay: '1s' });
  });
});

describe('without inbound_audit', () => {
  const CONFIG = ['--config', 'manager.conf'];

  test('the built-in metrics count under the default monitor', async () => {
    const cwd = newFolder(FILES);
    await outputKept(['replay', 'mail.log', ...CONFIG, '--out', 'out'], { cwd });
    const windows = readFileSync(path.join(cwd, 'out', 'windows.csv'), 'utf8');
    expect(windows).toContain('connections,"300,6",2026-11-20T10:00:00Z');
  });

  test.each([
    ['policy.yaml', []],
    ['asks.siv', ['--phase', 'connect']],
    ['adds.siv', ['--phase', 'connect']],
    ['limits.lua', []],
  ])('%s is refused, at the configuration', async (policy, args) => {
    const cwd = newFolder(FILES);
    const replay = ['replay', 'mail.log', ...CONFIG, '--policy', policy, ...args];
    const replayed = await runKept(replay, { cwd });
    const checked = await runKept(['check', ...CONFIG, policy], { cwd });
    const shown = `manager.conf:1:1: error: ${MISSING}1 as_logger {\n  ^\nhint: add one: inbound_audit { monitors = ( "300,6" ) }\n`;
    expect(replayed).toEqual({ code: 2, stdout: '', stderr: shown });
    expect([checked.code, checked.stderr]).toEqual([2, `${shown}\n${policy}: 1 error\n`]);
  });

  test('a script that asks for no counts runs', async () => {
    const cwd = newFolder(FILES);
    const policy = ['silent.siv', '--phase', 'connect'];
    expect(
      await runKept(['replay', 'mail.log', ...CONFIG, '--policy', ...policy], { cwd }),
    ).toMatchObject({ code: 0, stderr: '' });
    expect(await outputKept(['check', ...CONFIG, 'silent.siv'], { cwd })).toContain(
      'silent.siv: ok, 1 command\n',
    );
  });

  test.each([
    ['sieve { script connect_phase1 { source = "adds.siv" } }', 'adds.siv'],
    ['scriptlet { script "a" { source = "limits" } }', 'limits.lua'],
  ])('what the configuration itself runs is refused: %s', async (text, file) => {
    const cwd = newFolder({ ...FILES, 'main.conf': text });
    const replayed = await runKept(['replay', 'mail.log', '--config', 'main.conf'], { cwd });
    expect([replayed.code, replayed.stderr]).toEqual([2, expect.stringContaining(MISSING)]);
    const { code, stdout, stderr } = await runKept(['check', '--config', 'main.conf'], { cwd });
    expect([code, stdout]).toEqual([2, expect.stringContaining('main.conf: ok, no inbound_audit')]);
    expect(stderr).toContain(`${MISSING}1 ${text}`);
    expect(stderr).toContain(`\n${file}: 1 error\n`);
  });
});

describe('several --config', () => {
  const BOTH = ['--config', 'node.conf', '--config', 'manager.conf'];

  test('are one configuration', async () => {
    const cwd = newFolder(FILES);
    const monitored = FILES['policy.yaml'].replace('above', "monitor: '60,3', above");
    const files = { ...FILES, 'policy.yaml': monitored };
    expect(await outputKept(['check', ...BOTH, 'policy.yaml'], { cwd: newFolder(files) })).toBe(
      `node.conf and manager.conf: ok, monitors "60,3", maintenance_interval 300
node.conf and manager.conf: replicates: metrics (connect audit_series) after 1.5 s, inbound_cidr at once
node.conf and manager.conf: not simulated: metrics (delivery), OBTM
node.conf and manager.conf: as_logger: every 60 s, all series but "spam$"
policy.yaml: ok, 0 series, 1 rule
`,
    );
    const swapped = ['--config', 'manager.conf', '--config', 'node.conf'];
    for (const configs of [BOTH, swapped]) {
      await outputKept(['replay', 'mail.log', ...configs, '--policy', 'policy.yaml'], { cwd });
    }
  });

  test('show mistakes in their own file', async () => {
    const cwd = newFolder({
      ...FILES,
      'manager.conf': 'as_logger { log_interval = soon }',
      'node.conf': '\ninbound_audit { monitors = 60 }',
    });
    const { code, stderr } = await runKept(['check', ...BOTH], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^node\.conf:2:28: error: .*\n(?:.*\n)*manager\.conf:1:28: error: /);
    expect(stderr).toContain('\nnode.conf and manager.conf: 2 errors\n');
  });

  test('are different files', async () => {
    const cwd = newFolder(FILES);
    const args = ['replay', 'mail.log', ...BOTH, '--config', './node.conf'];
    expect(await runKept(args, { cwd })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'hindcast: --config names node.conf twice\n',
    });
  });

  test('find modules beside any of them', async () => {
    const cwd = newFolder({
      ...FILES,
      'manager/manager.conf': FILES['manager.conf'],
      'nodes/node.conf': `${FILES['node.conf']}scriptlet { script "a" { source = "deep.limits" } }`,
      'nodes/deep/limits.lua': FILES['limits.lua'],
    });
    const configs = ['--config', 'manager/manager.conf', '--config', 'nodes/node.conf'];
    expect(await outputKept(['check', ...configs], { cwd })).toContain(
      'nodes/deep/limits.lua: ok, a Lua module\n',
    );
    const summary = await outputKept(['replay', 'mail.log', ...configs, '--format', 'json'], {
      cwd,
    });
    expect(JSON.parse(summary)).toMatchObject({ policy: 'manager.conf and node.conf' });
  });
});

test('a series that nothing replicates as it asks is told, by check and by replay', async () => {
  const series = '{ type: ip, monitor: "60,3", on: connect, replicate: manager }';
  const policy = `hindcast: 1\nseries: { seen: ${series} }\nrules: []\n`;
  const cwd = newFolder({ ...FILES, 'told.yaml': policy });
  const warning =
    "told.yaml: warning: series 'seen' is replicated to the manager, and no Replicate of the " +
    'configuration does that: each node has its own alone\n';
  const checked = await runKept(['check', '--config', 'node.conf', 'told.yaml'], { cwd });
  expect([checked.code, checked.stderr.trimEnd()]).toEqual([0, warning.trimEnd()]);
  const args = ['replay', 'mail.log', '--config', 'node.conf', '--policy', 'told.yaml'];
  const replayed = await runKept(args, { cwd });
  expect([replayed.code, replayed.stderr]).toEqual([0, warning]);
});
