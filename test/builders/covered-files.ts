const POLICY = `hindcast: 1
rules:
  - name: busy
    count: connections
    per: address
    above: 1
    except: [192.0.2.9]
    then: tag
`;
const SCRIPT = `if ec_test :is "%{vctx_conn:known}" "yes" {
  ec_log "known";
}
`;
const MODULE = `require("msys.core")
local limits = require("limits")
local mod = {}
function mod:validate_connect(ac, vctx)
  if limits.high then
    vctx:set_code(421, "no")
  end
  return msys.core.VALIDATE_CONT
end
msys.registerModule("m", mod)
`;

/** A test file with one test that asks next to nothing. */
export const testFile = (policy: string, name: string, events: string): string => `hindcast-test: 1
tests:
  - name: ${name}
    policy: ${policy}
    input: { date: 2026-11-20, events: [${events}] }
    expect: [events: { connect: '>= 1' }]
`;

/** Policies of each kind and tests that reach some of their branches. */
export const COVERED_FILES = {
  'p.yaml': POLICY,
  'lua/m.lua': MODULE,
  'lua/limits.lua': 'return { high = false }\n',
  'tests/a.test.yaml': testFile('../p.yaml', 'quiet', 'at 10:00 connect 192.0.2.1'),
  'tests/b.test.yaml': testFile('../p.yaml', 'busy', 'at 10:00 connect 192.0.2.1 x3 every 1s'),
  'tests/c.test.yaml': testFile('../lua/m.lua', 'module', 'at 10:00 connect 192.0.2.1'),
  'tests/d.test.yaml': testFile(
    '{ file: ../known.siv, phase: connect }',
    'script',
    'at 10:00 connect 192.0.2.1',
  ),
  'known.siv': SCRIPT,
};
