// Goal: what scripts log and count reaches the world in full, but for the paniclog's limit.
// Method: one script for each command.
import { expect, test } from 'vitest';

import { runScript } from '../../../../builders/script-run.ts';

test('ec_log writes to the paniclog and is cut at 1972 characters', () => {
  const { logs } = runScript('ec_log "hello";\n$t = "%{vctx_conn:t}";\nec_log "a ${t}";');
  expect(logs).toEqual(['1::hello', '3::a ']);
  const [long] = runScript(`ec_log "${'x'.repeat(2000)}";`).logs;
  expect(long).toBe(`1::${'x'.repeat(1972)}`);
});

test('ec_log_file names its file and is not cut', () => {
  const { logs } = runScript(`ec_log_file "/var/log/policy.log" "${'x'.repeat(2000)}";`);
  expect(logs).toEqual([`1:/var/log/policy.log:${'x'.repeat(2000)}`]);
});

test('ec_inc_counter counts by phase', () => {
  const { counts } = runScript('ec_inc_counter "a:b" "c";', {}, { slot: 'rcptto_phase2' });
  expect(counts).toEqual(['rcptto_phase2:a:b (informational)', 'rcptto_phase2:c (informational)']);
});
