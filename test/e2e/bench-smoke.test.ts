// Goal: the benchmark runs, and hindcast, the other programs and the obvious implementation give
// the same answers on generated traffic.
// Method: its smallest run; what it says about time means nothing there and is not looked at.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { newFolder, ROOT } from './run-hindcast.ts';

interface SmokeRun {
  readonly answers: { readonly t1: number; readonly t2: number; readonly ofIpv6: number };
  readonly agreements: readonly {
    readonly what: string;
    readonly agrees: boolean;
    readonly rows: number;
    readonly differences: readonly string[];
  }[];
  readonly groups: readonly {
    readonly name: string;
    readonly contenders: readonly {
      readonly name: string;
      readonly wallMs: readonly number[];
      readonly skipped?: string;
    }[];
  }[];
}

const run = promisify(execFile);

test('bench --smoke: all answers agree', async () => {
  const json = path.join(newFolder(), 'result.json');
  const script = path.join(ROOT, 'bench', 'run.mjs');
  await run(process.execPath, [script, '--smoke', '--json', json]);
  const { answers, agreements, groups } = JSON.parse(readFileSync(json, 'utf8')) as SmokeRun;
  expect(agreements.filter(({ agrees }) => !agrees)).toEqual([]);
  const checked = agreements.map(({ what }) => what);
  expect(checked).toEqual(
    expect.arrayContaining([
      'hindcast T1 on maillog',
      'hindcast T1 on events.csv',
      'hindcast T2 on maillog',
      'hindcast T2 on maillog.gz',
      'hindcast T2 on maillog.rfc3339',
      'hindcast T2 on events.csv',
      'DuckDB t1-log',
      'DuckDB t1-csv',
      'csv-parse T1',
    ]),
  );
  // An empty answer would agree with everything.
  for (const rows of Object.values(answers)) expect(rows).toBeGreaterThan(0);
  for (const { rows } of agreements) expect(rows).toBeGreaterThan(0);
  const contenders = groups.flatMap((group) => group.contenders);
  const idle = contenders.filter(
    ({ wallMs, skipped }) => wallMs.length === 0 && skipped === undefined,
  );
  expect(idle).toEqual([]);
}, 180_000);
