// Goal: a configuration brings its scripts: `check` finds them and what is wrong in them, below
// --root when they are those of another machine.
// Method: the built command over configurations with good, bad and missing scripts.
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { connect } from './log-lines.ts';
import { outputKept, runKept } from './kept-hindcast.ts';
import { newFolder, runHindcast } from './run-hindcast.ts';

const CHECK = ['check', '--config', 'etc/main.conf'];
const ROOT = ['--root', 'copy'];
const FILES = {
  'etc/main.conf': `inbound_audit { }
sieve "one" {
  script "rcptto_phase1" { source = "/opt/x.siv" }
  script "connect_phase1" { source = "y.siv" }
}
sieve "two" { script connect_phase1 { script = "y.siv" } }
Adaptive { }
Esmtp_Listener { Listen ":25" { } }
ESMTP_Listener { }
`,
  'copy/opt/x.siv': 'stop;\n',
  'etc/y.siv': '\uFEFFec_log "one";\r\nstop;\r\n',
  'mail.log': connect('2026-11-20T10:00:00Z', '192.0.2.1'),
};
const OK = 'etc/main.conf: ok, monitors "300,6", maintenance_interval 300, 3 scripts\n';
const SKIPPED = 'etc/main.conf: skipped: adaptive, esmtp_listener (2)\n';

describe('check --config', () => {
  test('checks every script at its slot, and says what is skipped', async () => {
    const cwd = newFolder(FILES);
    expect(await outputKept([...CHECK, ...ROOT], { cwd })).toBe(
      `${OK}${SKIPPED}` +
        'etc/y.siv: ok, connect_phase1, 2 commands\n' +
        'copy/opt/x.siv: ok, rcptto_phase1, 1 command\n' +
        'etc/y.siv: ok, connect_phase1, 2 commands\n',
    );
  });

  test('shows the mistakes of scripts, and goes on to the next', async () => {
    const cwd = newFolder({ ...FILES, 'etc/y.siv': 'ec_lag "one";\n', 'more.siv': 'stop;' });
    expect(await runHindcast([...CHECK, ...ROOT, 'more.siv'], { cwd })).toEqual({
      code: 2,
      stdout:
        `${OK}${SKIPPED}` +
        'copy/opt/x.siv: ok, rcptto_phase1, 1 command\n' +
        'more.siv: ok, 1 command\n',
      stderr:
        // At each of its two slots.
        (
          "etc/y.siv:1:1: error: unknown command 'ec_lag' [command-unknown]\n" +
          '1 ec_lag "one";\n' +
          '  ^^^^^^\n' +
          "hint: did you mean 'ec_log'?\n\n" +
          'etc/y.siv: 1 error\n'
        ).repeat(2),
    });
  });

  test('says what it does not use', async () => {
    const cwd = newFolder({
      'etc/main.conf': `inbound_audit { }
sieve { hook "a\u001B[31m" { source = "x" } }
scriptlet "scriptlet" { script "a" { source = "b.c" } script "d" { source = "b.e" } }
cluster { Replicate "me\u001B[31m" { type = metrics } Replicate "inbound_cidr" { } }
as_logger { log_interval = 60 series_include = "\u001B[31m" base_dir = "\u001B[31m" }
`,
      'etc/b/c.lua': '',
      'etc/b/e.lua': '',
    });
    const { code, stdout, stderr } = await runKept(CHECK, { cwd });
    expect([code, stdout]).toEqual([
      0,
      'etc/main.conf: ok, monitors "300,6", maintenance_interval 300, 1 hook (not used), 2 scriptlets\n' +
        'etc/main.conf: replicates: inbound_cidr at once\n' +
        'etc/main.conf: not simulated: me\\x1b[31m (no parameters)\n' +
        'etc/main.conf: as_logger: every 60 s, series "\\x1b[31m", base_dir \\x1b[31m (not used)\n' +
        'etc/b/c.lua: ok, a Lua module\netc/b/e.lua: ok, a Lua module\n',
    ]);
    expect(stderr).toContain('[hook-not-simulated]');
    expect(stderr).not.toContain('\u001B');
  });
});

describe('a script that cannot be read', () => {
  test('is an error at its source, with a hint at --root when its path is absolute', async () => {
    const cwd = newFolder(FILES);
    const { code, stdout, stderr } = await runKept(CHECK, { cwd });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      `etc/main.conf:3:37: error: cannot read the script '/opt/x.siv': no such file or folder [script-unreadable]
3   script "rcptto_phase1" { source = "/opt/x.siv" }
                                      ^^^^^^^^^^^^
hint: --root DIR looks for absolute paths below a folder

etc/main.conf: 1 error
`,
    );
  });

  test('is named as it was looked for', async () => {
    const cwd = newFolder({ ...FILES, 'copy/opt/x.siv': '', 'empty/none': '' });
    const { code, stderr } = await runKept([...CHECK, '--root', 'empty'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(
      "cannot read the script '/opt/x.siv': no such file or folder: empty/opt/x.siv [script-unreadable]",
    );
    expect(stderr).not.toContain('hint');
  });

  test('may be a folder', async () => {
    const cwd = newFolder(FILES);
    mkdirSync(path.join(cwd, 'folder', 'opt', 'x.siv'), { recursive: true });
    const { code, stderr } = await runKept([...CHECK, '--root', 'folder'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('folder/opt/x.siv is not a file [script-unreadable]');
  });
});

describe('--root', () => {
  const COPY = {
    'main.conf': 'include "/../opt/etc/conf.d"\n',
    'copy/opt/etc/conf.d/a.conf': 'inbound_audit { monitors = ( "60,3" ) }\n',
    'copy/opt/etc/conf.d/b.conf': 'sieve { script "data_phase1" { source = "../a.siv" } }\n',
    'copy/opt/etc/a.siv': '',
    'mail.log': FILES['mail.log'],
  };
  const CONFIG = ['--config', 'main.conf', ...ROOT];

  test('holds for includes and what they name', async () => {
    const cwd = newFolder(COPY);
    expect(await outputKept(['check', ...CONFIG], { cwd })).toContain(
      'copy/opt/etc/a.siv: ok, data_phase1, 0 commands',
    );
    const { code, stderr } = await runKept(['check', '--config', 'main.conf'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('hint: --root DIR looks for absolute paths below a folder\n');
  });

  test('holds for a replay and a console', async () => {
    const cwd = newFolder(COPY);
    const replay = ['replay', 'mail.log', ...CONFIG, '--out', 'out'];
    expect(await runKept(replay, { cwd })).toMatchObject({ code: 0, stderr: '' });
    const show = ['console', 'mail.log', ...CONFIG, '-c', 'show ip 192.0.2.1'];
    const { code, stdout } = await runKept(show, { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('60/0: 1');
  });

  test('needs a configuration, and a folder', async () => {
    const cwd = newFolder(COPY);
    const alone =
      'hindcast: --root needs a --config\nhint: it is where the absolute paths of one lie\n';
    for (const command of [
      ['check', 'copy/opt/etc/a.siv'],
      ['replay', 'mail.log'],
      ['console', 'mail.log', '-c', 'help'],
    ]) {
      expect(await runKept([...command, ...ROOT], { cwd })).toEqual({
        code: 2,
        stdout: '',
        stderr: alone,
      });
    }
    const { code, stderr } = await runKept(
      ['check', '--config', 'main.conf', '--root', 'mail.log'],
      { cwd },
    );
    expect([code, stderr]).toEqual([2, '--root mail.log: no such folder\n']);
  });
});

test('the digest of a replay covers the scripts', async () => {
  const digestOf = async (script: string): Promise<unknown> => {
    const cwd = newFolder({ ...FILES, 'copy/opt/x.siv': script });
    const args = ['replay', 'mail.log', '--config', 'etc/main.conf', ...ROOT, '--out', 'out'];
    expect((await runKept(args, { cwd })).code).toBe(0);
    const manifest = JSON.parse(readFileSync(path.join(cwd, 'out', 'manifest.json'), 'utf8')) as {
      policy: unknown;
      skipped: unknown;
    };
    expect(manifest.skipped).toEqual({ adaptive: 1, esmtp_listener: 2 });
    return manifest.policy;
  };
  const first = await digestOf('stop;');
  expect(await digestOf('stop;')).toEqual(first);
  expect(await digestOf('keep;')).not.toEqual(first);
});
