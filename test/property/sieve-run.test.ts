// Goal: whatever a script and a log hold, a replay runs the script to its end: mistakes become
// notes and replies of 421, nothing is thrown, nothing hangs, and two runs tell the same.
// Method: random scripts of all commands, and good scripts that are spoilt but still pass the
// checks, in random slots over random events, each run twice, the second time with coverage.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { KINDS, PHASES, TEXT_FIELDS } from '../../src/model/event.ts';
import { Coverage } from '../../src/policy/coverage.ts';
import { SCRIPT_SLOTS } from '../../src/policy/script-slots.ts';
import { readScript } from '../../src/policy/sieve/read.ts';
import { SievePolicy, type SlottedScript } from '../../src/policy/sieve/sieve-policy.ts';
import { BARE_POLICY } from '../../src/simulate/policy-run.ts';
import { NOON_MS, type EventRow } from '../builders/event-batches.ts';
import { replayRows } from '../builders/rule-policies.ts';
import { RUN_ANSWERS, RUN_FILES, runningScripts } from '../builders/running-scripts.ts';
import { patchedText, textPatch } from '../builders/text-patches.ts';

const fieldText = fc.oneof(
  fc.constantFrom('', 'a@example.com', 'b+c@example.net', '<>', 'x'.repeat(5000), '@', 'ü\u0000'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const sessions = fc.constantFrom('', 'A', 'B');

const events: fc.Arbitrary<EventRow> = fc
  .record(
    {
      kind: fc.constantFrom(...KINDS.slice(0, 13), 'custom'),
      ip: fc.constantFrom('192.0.2.7', '192.0.2.8', '2001:db8::7', '198.51.100.1'),
      phase: fc.constantFrom(...PHASES).map((phase) => phase || undefined),
      code: fc.constantFrom(0, 421, 550, 65_535),
      size: fc.constantFrom(-1, 0, 1000, 2 ** 31 - 1),
      recipients: fc.constantFrom(-1, 0, 1, 3, 2 ** 31 - 1),
      ...Object.fromEntries(TEXT_FIELDS.map((field) => [field, fieldText])),
      session: sessions,
      queue_id: fc.constantFrom('', 'Q1', 'Q2'),
    },
    { requiredKeys: ['kind'] },
  )
  .map(({ phase, ...row }) => ({
    ...row,
    timeMs: 0,
    ...(phase === undefined ? {} : { phase }),
  })) as fc.Arbitrary<EventRow>;

const logs = fc
  .array(fc.tuple(fc.constantFrom(0, 1000, 61_000, 3_600_000), events), {
    minLength: 1,
    maxLength: 12,
  })
  .map((steps) => {
    let timeMs = NOON_MS;
    return steps.map(([gapMs, row]): EventRow => ({ ...row, timeMs: (timeMs += gapMs) }));
  });

const files = {
  dnsFixture: { file: 'dns.txt', text: RUN_ANSWERS },
  read: (name: string) => {
    if (!Object.hasOwn(RUN_FILES, name)) throw new Error('no such file');
    return { file: name, text: RUN_FILES[name] };
  },
};

interface Slotted {
  readonly text: string;
  readonly slot: (typeof SCRIPT_SLOTS)[number];
  readonly runtimeError: 'fail' | 'continue';
}

const slotted = (texts: fc.Arbitrary<string>): fc.Arbitrary<Slotted[]> =>
  fc.array(
    fc.record({
      text: texts,
      slot: fc.constantFrom(...SCRIPT_SLOTS),
      runtimeError: fc.constantFrom('fail', 'continue'),
    }),
    { minLength: 1, maxLength: 2 },
  );

/** Those that pass the checks. */
function checked(scripts: readonly Slotted[]): SlottedScript[] {
  return scripts.flatMap((script) => {
    const { commands, text } = readScript(script.text, 'x.siv', {
      slot: script.slot,
      monitors: BARE_POLICY.monitors,
    });
    const source = { file: 'x.siv', name: 'x.siv', text };
    return commands === undefined ? [] : [{ ...script, ...source, commands }];
  });
}

async function told(
  scripts: readonly SlottedScript[],
  rows: readonly EventRow[],
  coverage?: Coverage,
) {
  const policy = new SievePolicy(scripts, { files, sliding: 'rate' });
  const { tally, records } = await replayRows(rows, BARE_POLICY, {
    scripts: policy,
    coverage: coverage && { rules: undefined, scripts: coverage },
  });
  const { firings, stoppedRows, log, windows } = records;
  return { scripts: tally.scripts, rules: tally.rules, firings, stoppedRows, log, windows };
}

const RUNS = 400;

/** Every branch stands where its script has something, and a command that runs has its place. */
function checkPlaces(coverage: Coverage, scripts: readonly SlottedScript[]): void {
  // One name may stand for several scripts, and files that they include have their own.
  const texts = [...scripts.map(({ text }) => text), ...Object.values(RUN_FILES)];
  const lines = texts.map((text) => text.split('\n'));
  const wrong = coverage.branches().filter(({ line, column, what }) => {
    const [, name] = /^(?:the test )?'(?!else|if|elsif)([^']+)'/.exec(what) ?? [];
    const start = name ?? (what.includes("'else'") ? '{' : '');
    return !lines.some((own) => own[line - 1]?.startsWith(start, column - 1));
  });
  expect(wrong).toEqual([]);
}

interface Seen {
  failed: number;
  acted: number;
  logged: number;
}

/** Runs each pair twice, and tells how much went on. */
async function runAll(texts: fc.Arbitrary<string>): Promise<Seen> {
  const seen = { failed: 0, acted: 0, logged: 0 };
  await fc.assert(
    fc.asyncProperty(slotted(texts), logs, async (given, rows) => {
      const scripts = checked(given);
      fc.pre(scripts.length > 0);
      const first = await told(scripts, rows);
      const coverage = new Coverage();
      expect(await told(scripts, rows, coverage)).toEqual(first);
      checkPlaces(coverage, scripts);
      seen.acted += first.firings.length;
      seen.logged += first.log.length;
      seen.failed += first.scripts!.notes.filter(({ kind }) => kind === 'failed').length;
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  return seen;
}

test('random scripts run to their end', async () => {
  const { failed, acted, logged } = await runAll(runningScripts);
  expect(Math.min(failed / 5, acted, logged)).toBeGreaterThan(10);
});

const GOOD = fileURLToPath(new URL('../../fixtures/policy/sieve/good/', import.meta.url));
const goodTexts = readdirSync(GOOD).map((name) => readFileSync(GOOD + name, 'utf8'));
const signs = '" ; { } $ ${s} $x 0 -1 "" "300,6" [ ] , : % \\'.split(' ');

test('spoilt scripts that pass the checks run to their end', async () => {
  const spoilt = fc
    .tuple(fc.constantFrom(...goodTexts), fc.array(textPatch(signs), { maxLength: 3 }))
    .map(([text, patches]) => patchedText(text, patches));
  const { failed, acted } = await runAll(spoilt);
  expect(Math.min(failed, acted)).toBeGreaterThan(5);
});

test('a message with more recipients than steps ends', async () => {
  const [script] = checked([{ text: '', slot: 'each_rcpt_phase1', runtimeError: 'continue' }]);
  const message = { timeMs: NOON_MS, kind: 'reception', ip: '192.0.2.7', recipients: 2 ** 31 - 1 };
  const { scripts } = await told([script], [message]);
  expect(scripts!.notes.map(({ text }) => text)).toEqual(['more than 100000 steps at one event']);
});

test('a connection is closed with any code', async () => {
  const text = 'ec_disconnect "250" "bye";';
  const scripts = checked([{ text, slot: 'connect_phase1', runtimeError: 'fail' }]);
  const { firings } = await told(scripts, [{ timeMs: NOON_MS, kind: 'connect', ip: '192.0.2.7' }]);
  expect(firings.map(({ rule, verdict }) => [rule, verdict])).toEqual([['x.siv:1', 'disconnect']]);
});
