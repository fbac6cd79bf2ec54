// Goal: one policy means the same in YAML, Sieve++ and Lua: the same verdicts at the same file and
// line, and the same counts.
// Method: random policies written in each, replayed over a recording through a configuration; what
// is stopped, tarpitted and counted is compared row by row.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { replay } from '../../src/cli/replay-logs.ts';
import { luaOf, MONITORS, onePolicies, scriptsOf, yamlOf } from '../builders/one-policy.ts';

const LOG = fileURLToPath(new URL('../../fixtures/logs/postfix/recorded.log.gz', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-one-policy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const AUDIT = `inbound_audit { monitors = ( ${MONITORS.map((m) => `"${m}"`).join(' ')} ) }\n`;

interface Outcome {
  /** By (time, kind, peer, file, line): the verdict that stopped it. */
  readonly stopped: readonly unknown[];
  /** Events, each as often as it was held. */
  readonly tarpits: number;
  readonly series: unknown;
}

/** @param policy undefined: the scripts, or where there are none the module in the folder */
async function outcomeOf(
  policy: string | undefined,
  scripts: Map<string, string> | undefined,
): Promise<Outcome> {
  const config = path.join(folder, 'e.conf');
  const slots = [...(scripts?.keys() ?? [])].map(
    (at) => `script ${at}_phase1 { source = "${at}.siv" }`,
  );
  const stanza =
    scripts === undefined
      ? 'scriptlet "scriptlet" { script "limits" { source = "limits" } }'
      : `sieve { ${slots.join(' ')} }`;
  writeFileSync(config, `${AUDIT}${stanza}\n`);
  for (const [at, text] of scripts ?? []) writeFileSync(path.join(folder, `${at}.siv`), text);
  const out = path.join(folder, 'out');
  const source = policy === undefined ? {} : { policy: { text: policy, file: 'p.yaml' } };
  await replay({ logs: [LOG], config, year: 2026, out, force: true, ...source });
  const rows = (name: string): Record<string, string>[] =>
    parse(readFileSync(path.join(out, name), 'utf8'), { columns: true });
  // Blocks and windows of the two reports differ: a script's keys are addresses.
  const tarpits = rows('firings.csv')
    .filter(({ verdict }) => verdict === 'tarpit')
    .reduce((sum, { firings }) => sum + Number(firings), 0);
  const stopped = rows('stopped.csv').map((row) => ({ ...row, rule: '' }));
  const series = rows('windows.csv')
    .filter((row) => row['series'].startsWith('series'))
    .map((row) => ({ ...row, firings: '' }));
  return { stopped, tarpits, series };
}

test('YAML, Sieve and Lua tell the same', async () => {
  let stops = 0;
  await fc.assert(
    fc.asyncProperty(onePolicies, async (all) => {
      const yaml = await outcomeOf(yamlOf(all), new Map());
      const sieve = await outcomeOf(undefined, scriptsOf(all));
      expect(sieve).toEqual(yaml);
      writeFileSync(path.join(folder, 'limits.lua'), luaOf(all));
      const { stopped, tarpits } = await outcomeOf(undefined, undefined);
      expect({ stopped, tarpits }).toEqual({ stopped: yaml.stopped, tarpits: yaml.tarpits });
      stops += yaml.stopped.length;
    }),
    { numRuns: 60, endOnFailure: true },
  );
  expect(stops).toBeGreaterThan(1000);
});
