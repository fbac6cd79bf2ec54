import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_SESSION_TIMEOUT_MS } from '../correlate/correlator.ts';
import type { Coverage } from '../policy/coverage.ts';
import { RuleCoverage, type PlacedRules } from '../policy/rule-coverage.ts';
import { readInlinePolicy } from '../policy/yaml/read.ts';
import type { InlinePolicy } from '../testing/policy-reference.ts';
import type { OpenTestInput, TestPolicy, TestPort } from '../testing/test-replay.ts';
import type { PolicyTest, TestFile } from '../testing/test-file.ts';
import { digestOf } from './manifest.ts';
import type { AskingPolicy } from './missing-facts.ts';
import { openLogs } from './open-logs.ts';
import { mistakesIn, shownDiagnostics } from './policy-file.ts';
import { loadRunPolicy } from './run-policy.ts';
import { loadPersisted, StoredRuns } from './stored-runs.ts';

interface LoadedPolicy extends Pick<TestPolicy, 'policy' | 'scripts'> {
  readonly texts: readonly string[];
  readonly placed?: PlacedRules | undefined;
}

/**
 * The files that tests name, looked for beside the test file.
 *
 * @param coverage marks what of their policies is reached; undefined: nobody asks
 */
export function testWorld(
  signal: AbortSignal | undefined,
  coverage: Coverage | undefined,
): TestPort {
  return {
    policyOf(test: PolicyTest, file: TestFile): TestPolicy {
      const loaded = loadedOf(test, file);
      const { policy, scripts, texts } = loaded;
      const covered = coverage && { rules: ruleCoverage(loaded, coverage), scripts: coverage };
      const { state: stored, sessionTimeoutMs = DEFAULT_SESSION_TIMEOUT_MS } = test;
      if (stored === undefined) return { policy, scripts, coverage: covered, start: {} };
      const digest = digestOf(test.clampNegative ? [...texts, 'clamp-negative'] : texts);
      const runs = new StoredRuns(
        beside(file, stored.path),
        { policy: digest, sessionTimeoutMs },
        false,
      );
      const persisted = runs.persisted(policy?.series ?? []);
      return {
        policy,
        scripts,
        coverage: covered,
        start: {
          state: runs.state,
          onStart: (engine, nowMs) => void loadPersisted(engine, persisted, nowMs),
        },
      };
    },

    async openInput(test, file, { vocabulary, needs, start }): Promise<OpenTestInput> {
      const { logs, texts, options } = test.input;
      const { clockMs = null } = start.state ?? {};
      return openLogs(
        logs.map((log) => beside(file, log)),
        options,
        {
          vocabulary,
          needs,
          gapMs: Infinity,
          signal,
          afterMs: clockMs ?? undefined,
          texts,
          // Events that a test writes itself are all there is.
          policies: logs.length === 0 ? [] : askingOf(loadedOf(test, file)),
        },
      );
    },
  };
}

function askingOf({ policy, placed, scripts }: LoadedPolicy): AskingPolicy[] {
  return policy === undefined ? [] : [{ policy, placed, hasScripts: scripts !== undefined }];
}

function ruleCoverage(
  { policy, placed }: LoadedPolicy,
  coverage: Coverage,
): RuleCoverage | undefined {
  return policy && placed && new RuleCoverage(policy, placed, coverage);
}

function loadedOf({ policy }: PolicyTest, file: TestFile): LoadedPolicy {
  if (policy === undefined) return { policy: undefined, scripts: undefined, texts: [] };
  if (policy.type === 'inline') return inlinePolicy(policy, file);
  const { file: name, phase, config, root } = policy;
  const options = {
    phase,
    config: config && beside(file, config),
    root: root && beside(file, root),
  };
  return loadRunPolicy(name && beside(file, name), options);
}

/** @throws {UserError} with all mistakes, each where it stands in the test file */
function inlinePolicy({ map }: InlinePolicy, { text, file }: TestFile): LoadedPolicy {
  const port = {
    readList: (name: string, fromFile: string) =>
      readFileSync(path.resolve(path.dirname(fromFile), name), 'utf8'),
  };
  const { policy, diagnostics, texts, places } = readInlinePolicy(map, text, file, port);
  if (policy === undefined) throw mistakesIn(diagnostics, shownDiagnostics(diagnostics, texts));
  const placed = { text, places };
  return { policy, scripts: undefined, texts: [...texts.values()], placed };
}

/** A path of a test file, which is relative to the folder of the file. */
function beside({ file }: TestFile, name: string): string {
  return path.join(path.isAbsolute(name) ? '' : path.dirname(file), name);
}
