// Goal: one policy in force makes the same world whether it is written in YAML, Sieve++ or Lua.
// Method: random policies written in each, enforced over a recording through a configuration; what is
// attempted, accepted, refused, held, taken, tried again and counted is compared row by row. The YAML
// side is held against an obvious simulator elsewhere (enforce.test.ts).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { replay } from '../../src/cli/replay-logs.ts';
import {
  luaOf,
  MONITORS,
  onePolicies,
  placesIn,
  scriptsOf,
  yamlOf,
  type Limit,
} from '../builders/one-policy.ts';

const LOG = fileURLToPath(new URL('../../fixtures/logs/postfix/recorded.log.gz', import.meta.url));

/** In a phase of a script nothing runs behind what ends it, where YAML would note one rule more. */
const policies = onePolicies.map((all) =>
  all.filter(({ at, verdict }, index) => {
    if (verdict === 'tarpit') return true;
    return !all.slice(0, index).some((one) => one.at === at && one.verdict !== 'tarpit');
  }),
);

const settings = fc.record({
  retry: fc.option(fc.constantFrom('1s', '5s', '12s'), { nil: undefined }),
  from: fc.option(fc.constantFrom('2026-11-20T18:27:20Z'), { nil: undefined }),
});
type Setting = typeof settings extends fc.Arbitrary<infer T> ? T : never;

/** One that does all of it: what the random ones reach is chance. */
const common = { of: 'connections', monitor: 2, windows: [0, 0], mask: 24, late: false } as const;
const everything: readonly Limit[] = [
  { ...common, at: 'connect', above: 4, verdict: 'tarpit', code: 450 },
  { ...common, at: 'connect', of: 'sessions', above: 3, verdict: 'reject', code: 450, late: true },
  { ...common, at: 'ehlo', above: 5, verdict: 'reject', code: 450 },
  { ...common, at: 'mailfrom', above: 6, verdict: 'disconnect', code: 450 },
  { ...common, at: 'spool', of: 'series', above: 3, verdict: 'tarpit', code: 450 },
];

const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-one-enforced-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const AUDIT = `inbound_audit { monitors = ( ${MONITORS.map((m) => `"${m}"`).join(' ')} ) }\n`;

type Row = Record<string, string>;
interface Summary {
  readonly enforced: {
    readonly accepted: unknown;
    readonly observed: { readonly events: unknown };
    readonly retries?: { readonly returned: number };
    readonly tarpits: { readonly seconds: number };
  };
  readonly events: unknown;
  readonly sessions: unknown;
  readonly collateral: {
    readonly total: unknown;
    readonly rules: readonly ({ readonly rule: string } & Record<string, unknown>)[];
  };
  readonly overlap: readonly {
    readonly rule: string;
    readonly other: string;
    readonly events: number;
  }[];
}

/** What one way to write a policy makes of the log, with its rules under the names of the limits. */
async function worldOf(
  all: readonly Limit[],
  setting: Setting,
  stanza: string,
  source: { readonly policy?: { readonly text: string; readonly file: string } },
  places: ReadonlyMap<string, string>,
) {
  const config = path.join(folder, 'e.conf');
  writeFileSync(config, `${AUDIT}${stanza}\n`);
  const out = path.join(folder, 'out');
  const asked = { logs: [LOG], config, year: 2026, out, force: true, top: 1, enforce: true };
  const result = await replay({ ...asked, ...setting, ...source });
  const { enforced, events, sessions, collateral, overlap } = result.summary as Summary;
  const limitOf = (rule: string): string => places.get(rule) ?? rule;
  const rows = (name: string): Row[] =>
    parse(readFileSync(path.join(out, name), 'utf8'), { columns: true });
  const fired = rows('firings.csv');
  const firings = all.map((_, index) =>
    fired
      .filter(({ rule }) => limitOf(rule) === `r${index}`)
      .reduce((sum, row) => sum + Number(row['firings']), 0),
  );
  // A series of a script has one reading, and in Lua one for each family.
  const windows = rows('windows.csv');
  const enforcedWindows = rows('enforce.csv');
  const isOwn = (row: Row): boolean => row['series'].startsWith('series');
  const ofRule = new Map(collateral.rules.map(({ rule, ...counts }) => [limitOf(rule), counts]));
  return {
    world: {
      enforced: { ...enforced, observed: enforced.observed.events, blocks: [] },
      events,
      sessions,
      total: collateral.total,
      firings,
      stopped: rows('stopped.csv').map((row) => ({ ...row, rule: limitOf(row['rule']) })),
      // A rule of a module that never acts is in no report.
      collateral: all.map((_, index) => ofRule.get(`r${index}`)).map((one) => taken(one)),
      overlap: overlap
        .map(({ rule, other, events: both }) => ({
          rules: [limitOf(rule), limitOf(other)].sort(),
          both,
        }))
        .sort((a, b) => (a.rules.join(' ') < b.rules.join(' ') ? -1 : 1)),
      windows: windows.filter((row) => !isOwn(row)).map((row) => ({ ...row, firings: '' })),
      enforcedWindows: enforcedWindows.filter((row) => !isOwn(row)),
    },
    series: enforcedWindows
      .filter(isOwn)
      .filter((row) => row['observed'] !== '0' || row['attempts'] !== '0')
      .map((row) => ({ ...row, accepted: '' })),
    summary: result.summary as Summary,
  };
}

const taken = (counts: object = {}): object =>
  Object.fromEntries(
    Object.entries(counts).filter(([, count]: [string, unknown]) => {
      return Array.isArray(count) ? count.length > 0 : count !== 0;
    }),
  );

test('YAML, Sieve and Lua make the same world', async () => {
  const seen = { stops: 0, returned: 0, held: 0, overlaps: 0, series: 0 };
  await fc.assert(
    fc.asyncProperty(policies, settings, async (all, setting) => {
      const policy = { text: yamlOf(all), file: 'p.yaml' };
      const yaml = await worldOf(all, setting, '', { policy }, new Map());
      const scripts = [...scriptsOf(all)].map(([at, text]) => ({ at, file: `${at}.siv`, text }));
      for (const { file, text } of scripts) writeFileSync(path.join(folder, file), text);
      const slots = scripts.map(({ at, file }) => `script ${at}_phase1 { source = "${file}" }`);
      const names = Object.fromEntries(scripts.map(({ file, text }) => [file, text]));
      const stanza = `sieve { ${slots.join(' ')} }`;
      const sieve = await worldOf(all, setting, stanza, {}, placesIn(names));
      expect(sieve.world).toEqual(yaml.world);
      expect(sieve.series).toEqual(yaml.series);
      const module = luaOf(all);
      writeFileSync(path.join(folder, 'limits.lua'), module);
      const scriptlet = 'scriptlet "scriptlet" { script "limits" { source = "limits" } }';
      const lua = await worldOf(all, setting, scriptlet, {}, placesIn({ 'limits.lua': module }));
      expect(lua.world).toEqual(yaml.world);
      seen.stops += yaml.world.stopped.length;
      seen.overlaps += yaml.world.overlap.length;
      seen.series += yaml.series.length;
      seen.held += yaml.summary.enforced.tarpits.seconds;
      seen.returned += yaml.summary.enforced.retries?.returned ?? 0;
    }),
    {
      numRuns: 6,
      endOnFailure: true,
      examples: [[[...everything], { retry: '5s', from: undefined }]],
    },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  expect(seen.stops).toBeGreaterThan(1000);
});
