// Goal: scripts in force give, through the built command, the numbers of their YAML twin.
// Method: one limit written three ways, enforced over the recorded log with retries and labels; the
// summaries, and the rows of the files that do not name places of a script, are held together.
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { filesBelow, FIXTURES, newFolder, outputOf, readCsv, runHindcast } from './run-hindcast.ts';

const LOG = path.join(FIXTURES, 'logs', 'postfix', 'recorded.log.gz');
const YAML = `hindcast: 1
rules:
  - name: refused
    count: rejections
    monitor: '300,6'
    windows: 0..0
    per: address
    above: 4
    at: rcptto
    then: { reject: '450 4.7.1 refused too often' }
`;
const SIEVE = `$n = ec_ip_rejections 0;
if ec_test :value "gt" :comparator "i;ascii-numeric" $n "4" {
  ec_log "\${n} refusals";
  ec_action "450" "4.7.1 refused too often";
}
`;
const LUA = `local mod = {}
function mod:validate_rcptto(msg, str, ac, vctx)
  if msys.audit.rejections("300,6", { startv = 0, endv = 0 }) > 4 then
    vctx:set_code(450, "4.7.1 refused too often")
    return msys.core.VALIDATE_DONE
  end
  return msys.core.VALIDATE_CONT
end
msys.registerModule("refused", mod)
`;

interface Summary {
  readonly enforced: {
    readonly observed: { readonly events: unknown; readonly rules: readonly object[] };
    readonly accepted: unknown;
    readonly tarpits: unknown;
    readonly retries: { readonly returned: number };
  };
  readonly events: unknown;
  readonly sessions: unknown;
  readonly rules: readonly { readonly firings: number; readonly stopped: unknown }[];
  readonly collateral: { readonly total: unknown; readonly rules: readonly { rule: string }[] };
  readonly scripts?: { readonly logged: { readonly lines: number } };
}

const cwd = newFolder({
  'refused.yaml': YAML,
  'refused.siv': SIEVE,
  'refused.lua': LUA,
  'good.list': '192.0.2.0/24\n',
});
const POLICIES: Readonly<Record<string, readonly string[]>> = {
  yaml: ['refused.yaml'],
  siv: ['refused.siv', '--phase', 'rcptto'],
  lua: ['refused.lua'],
};
const outputs: Record<string, string> = {};

beforeAll(async () => {
  const asked = ['--tz', 'UTC', '--enforce', '--retry', '5s', '--good', 'good.list'];
  await Promise.all(
    Object.entries(POLICIES).map(async ([name, policy]) => {
      const args = ['replay', LOG, '--policy', ...policy, ...asked, '--out', name];
      outputs[name] = await outputOf(args, { cwd });
    }),
  );
});

const report = (name: string): Readonly<Record<string, string>> => filesBelow(path.join(cwd, name));
const summaryOf = (name: string): Summary =>
  JSON.parse(report(name)['summary.json']) as unknown as Summary;

describe.each(['siv', 'lua'])('scripts in force: %s', (name) => {
  test('the world of the YAML twin', () => {
    const worldOf = (of: string): unknown => {
      const { enforced, events, sessions, rules, collateral } = summaryOf(of);
      return {
        events,
        sessions,
        observed: enforced.observed.events,
        accepted: enforced.accepted,
        retries: enforced.retries,
        rules: rules.map(({ firings, stopped }) => ({ firings, stopped })),
        total: collateral.total,
        taken: collateral.rules.map((counts) => ({ ...counts, rule: '' })),
        stopped: readCsv(report(of)['stopped.csv']).map((row) => ({ ...row, rule: '' })),
        windows: report(of)['enforce.csv'],
      };
    };
    expect(worldOf(name)).toEqual(worldOf('yaml'));
    expect(summaryOf(name).enforced.retries.returned).toBeGreaterThan(10);
    expect(summaryOf(name).rules[0].firings).toBeGreaterThan(100);
  });

  test('the table shows both worlds under the place of the action', () => {
    const place = { siv: 'refused.siv:4', lua: 'refused.lua:4' }[name]!;
    const line = outputs[name].split('\n').find((text) => text.includes(place))!;
    const { rules, enforced } = summaryOf(name);
    const [observed] = enforced.observed.rules as { readonly firings: number }[];
    const numbers = [observed.firings, rules[0].firings].map((count) => count.toLocaleString('en'));
    expect(line.split('│').map((cell) => cell.trim())).toEqual(
      expect.arrayContaining([place, 'reject', ...numbers]),
    );
  });
});

test('log.csv and the counters are those of the world in force', () => {
  const logged = readCsv(report('siv')['log.csv']);
  const { rules, scripts } = summaryOf('siv');
  expect(scripts!.logged.lines).toBe(logged.length);
  // An event with many recipients logs for each, and fires once.
  expect(logged.length).toBeGreaterThanOrEqual(rules[0].firings);
});

test('scripts of a configuration, in force', async () => {
  const there = newFolder({
    'refused.siv': SIEVE,
    'e.conf':
      'inbound_audit { monitors = ( "300,6" ) }\n' +
      'sieve { script rcptto_phase1 { source = "refused.siv" } }\n',
  });
  const args = ['replay', LOG, '--config', 'e.conf', '--tz', 'UTC', '--enforce', '--retry', '5s'];
  const { events } = JSON.parse(
    await outputOf([...args, '--format', 'json'], { cwd: there }),
  ) as Summary;
  expect(events).toEqual(summaryOf('siv').events);
});

test('series of scripts stand in the order of windows.csv, with one reading in force', async () => {
  const text = `ec_include "limit.siv";
audit_series_add "b" "5,3" 1; audit_series_add "a" "5,3" 1; audit_series_add "a" "2,2" 1;\n`;
  const there = newFolder({
    'add.siv': text,
    'limit.siv': '$n = ec_ip_connections 0; if ec_test :is $n "3" { ec_disconnect 450 "no"; }\n',
  });
  const args = ['replay', LOG, '--policy', 'add.siv', '--phase', 'connect', '--tz', 'UTC'];
  // A warning tells of adds that a single node may not count.
  const ways = [
    ['--enforce', '--retry', '5s', '--out', 'out'],
    ['--out', 'plain'],
  ];
  for (const way of ways) {
    expect(await runHindcast([...args, ...way], { cwd: there })).toMatchObject({ code: 0 });
  }
  const [out, plain] = ['out', 'plain'].map((name) => filesBelow(path.join(there, name)));
  const place = (row: Record<string, string>): string =>
    `${row['series']} ${row['monitor']} ${row['window_start']}`;
  const ownIn = (csv: string): Record<string, string>[] =>
    readCsv(csv).filter(({ series }) => series === 'a' || series === 'b');
  const own = ownIn(out['enforce.csv']);
  expect(own.filter((row) => row['attempts'] !== '0').map((row) => place(row))).toEqual(
    ownIn(out['windows.csv']).map((row) => place(row)),
  );
  expect(own.length).toBeGreaterThan(20);
  expect(new Set(own.map((row) => row['accepted']))).toEqual(new Set(['']));
  const observed = own.filter((row) => row['observed'] !== '0');
  expect(observed.map((row) => `${place(row)} ${row['observed']}`)).toEqual(
    ownIn(plain['windows.csv']).map((row) => `${place(row)} ${row['total']}`),
  );
  // What the two runs read alike is one policy.
  const digests = [out, plain].map((files) => {
    return (JSON.parse(files['manifest.json']) as { readonly policy: unknown }).policy;
  });
  expect(digests[0]).toEqual(digests[1]);
});

test('--state does not go with scripts, in force or not', async () => {
  const args = ['replay', LOG, '--policy', 'refused.lua', '--enforce', '--state', 'state'];
  const { code, stdout, stderr } = await runHindcast(args, { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('--state does not go with scripts yet');
});
