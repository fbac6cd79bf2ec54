// Goal: `check` takes scripts and policies in one call.
// Method: the built command over good, bad and doubtful files.
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { runKept } from './kept-hindcast.ts';
import { newFolder, outputOf, ROOT } from './run-hindcast.ts';

const POLICY = readFileSync(path.join(ROOT, 'fixtures/policy/good/first.yaml'), 'utf8');

describe('hindcast check', () => {
  test('is content with good scripts and policies', async () => {
    const cwd = newFolder({
      'a.siv': '\uFEFFec_log "one";\r\nstop;\r\n',
      'b.yaml': POLICY,
      'C.SIEVE': '',
    });
    expect(await outputOf(['check', 'a.siv', 'b.yaml', 'C.SIEVE'], { cwd })).toBe(
      'a.siv: ok, 2 commands\nb.yaml: ok, 2 series, 5 rules\nC.SIEVE: ok, 0 commands\n',
    );
  });

  test('shows every mistake and goes on to the next file', async () => {
    const cwd = newFolder({
      'a.siv': 'ec_lag "one";\naudit_series "x" "300" 32;\n',
      'b.yaml': POLICY,
    });
    expect(await runKept(['check', 'a.siv', 'b.yaml'], { cwd })).toEqual({
      code: 2,
      stdout: 'b.yaml: ok, 2 series, 5 rules\n',
      stderr:
        "a.siv:1:1: error: unknown command 'ec_lag' [command-unknown]\n" +
        '1 ec_lag "one";\n' +
        '  ^^^^^^\n' +
        "hint: did you mean 'ec_log'?\n\n" +
        'a.siv:2:18: error: "300" is not a monitor [monitor-wrong]\n' +
        '2 audit_series "x" "300" 32;\n' +
        '                   ^^^^^\n' +
        'hint: write the seconds and the number of windows in quotes: "300,6"\n\n' +
        'a.siv: 2 errors\n',
    });
  });

  test('warns without failing', async () => {
    const cwd = newFolder({ 'a.siv': 'ec_config "x";\n' });
    const { code, stdout, stderr } = await runKept(['check', 'a.siv'], { cwd });
    expect([code, stdout]).toEqual([0, 'a.siv: ok, 1 command\n']);
    expect(stderr).toContain("warning: 'ec_config' is not simulated [not-simulated]");
  });

  test('says which bytes are no text', async () => {
    const cwd = newFolder({ 'a.siv': Buffer.from('ec_log "caf\xe9";', 'latin1') });
    const { code, stderr } = await runKept(['check', 'a.siv'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('a.siv:1:12: error: this is no UTF-8 text [encoding-wrong]');
  });

  test('holds a script against its phase', async () => {
    const cwd = newFolder({ 'a.siv': 'discard;\n' });
    const refused = await runKept(['check', 'a.siv', '--phase', 'mailfrom_phase2'], { cwd });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      "'discard' is not allowed in the phase mailfrom [phase-wrong]",
    );
    const allowed = await runKept(['check', 'a.siv', '--phase', 'data'], { cwd });
    expect([allowed.code, allowed.stderr]).toEqual([0, '']);
  });

  test('knows the names of phases', async () => {
    const cwd = newFolder({ 'a.siv': 'stop;\n' });
    expect(await runKept(['check', 'a.siv', '--phase', 'recptto_phase1'], { cwd })).toEqual({
      code: 2,
      stdout: '',
      stderr: "hindcast: unknown phase 'recptto_phase1'\nhint: did you mean 'rcptto'?\n",
    });
  });

  test.each([
    [
      'its own',
      'inbound_audit { monitors = ( "60,5" "300,6" ) }',
      'of the monitors, 0 is "60,5", 1 is "300,6"',
    ],
    ['those it leaves out', 'inbound_audit { }', 'of the monitors, 0 is "300,6"'],
  ])('holds a script against the monitors of a configuration: %s', async (_, conf, hint) => {
    const cwd = newFolder({ 'a.siv': 'ec_ip_connections 2;\n', 'a.conf': `${conf}\n` });
    const alone = await runKept(['check', 'a.siv'], { cwd });
    expect([alone.code, alone.stderr]).toEqual([0, '']);
    const { code, stderr } = await runKept(['check', 'a.siv', '--config', 'a.conf'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(`[monitor-outside]`);
    expect(stderr).toContain(`hint: ${hint}\n`);
  });

  test('says that a script is not there', async () => {
    const { code, stderr } = await runKept(['check', 'no.siv']);
    expect([code, stderr]).toEqual([2, 'no such script file: no.siv\n']);
  });
});
