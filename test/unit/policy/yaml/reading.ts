import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'vitest';

import { formatDiagnostic } from '../../../../src/model/diagnostic.ts';
import type { AuditSettings } from '../../../../src/policy/audit-settings.ts';
import { readConfiguration } from '../../../../src/policy/ecelerity/read.ts';
import type { Rule, RulePolicy, SeriesDefinition } from '../../../../src/policy/rule-policy.ts';
import { readYamlPolicy, type PolicyReading } from '../../../../src/policy/yaml/read.ts';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Lists come from this map, by their path from where the policy's own path starts. */
function portOf(files: Readonly<Record<string, string>> = {}): {
  readList: (path: string, fromFile: string) => string;
} {
  return {
    readList(path, fromFile) {
      const text = files[posix.join(posix.dirname(fromFile), path)];
      if (text === undefined) throw new Error('no such file');
      return text;
    },
  };
}

export function read(
  text: string,
  files?: Readonly<Record<string, string>>,
  configured?: AuditSettings,
): PolicyReading {
  return readYamlPolicy(text, 'policy.yaml', portOf(files), configured);
}

/** A file of `fixtures/policy`, with lists and, under its name, a configuration from beside it. */
export function readFixture(path: string): PolicyReading {
  const file = `fixtures/policy/${path}`;
  return readYamlPolicy(
    readFileSync(`${ROOT}${file}`, 'utf8'),
    file,
    {
      readList(list, fromFile) {
        try {
          return readFileSync(`${ROOT}${posix.join(posix.dirname(fromFile), list)}`, 'utf8');
        } catch {
          throw new Error('no such file');
        }
      },
    },
    settingsBeside(file),
  );
}

function settingsBeside(file: string): AuditSettings | undefined {
  const name = file.replace(/yaml$/, 'conf');
  if (!existsSync(`${ROOT}${name}`)) return undefined;
  const unread = (): never => expect.unreachable('no fixture of a policy names other files');
  const text = readFileSync(`${ROOT}${name}`, 'utf8');
  const port = { readInclude: unread, readScript: unread };
  const { configuration } = readConfiguration([{ name, text }], port);
  expect(configuration).toBeDefined();
  return configuration?.audit;
}

/** All mistakes as a terminal shows them. */
export function shown({ diagnostics, texts }: PolicyReading): string {
  return diagnostics
    .map((diagnostic) => `${formatDiagnostic(diagnostic, texts.get(diagnostic.file) ?? '')}\n`)
    .join('\n');
}

/** The policy, or an error that shows what is wrong with it. */
export function policyOf(reading: PolicyReading): RulePolicy {
  if (reading.policy === undefined) throw new Error(`not a good policy:\n${shown(reading)}`);
  return reading.policy;
}

/** The only rule of a policy made of `rule` (lines of one rule, not indented) and `head`. */
export function ruleOf(rule: string, head = ''): Rule {
  const lines = rule.trim().split('\n');
  const body = ['name: it', ...lines].map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`);
  const { rules } = policyOf(read(`hindcast: 1\n${head}\nrules:\n${body.join('\n')}\n`));
  return rules[0];
}

/** The only series of a policy, from its flow mapping. */
export function seriesOf(definition: string, head = ''): SeriesDefinition {
  return policyOf(read(`hindcast: 1\n${head}\nseries:\n  it: ${definition}\n`)).series[0];
}

/** `code line:column` of every mistake, in order. */
export function mistakesIn(text: string, files?: Readonly<Record<string, string>>): string[] {
  const reading = read(text, files);
  return reading.diagnostics.map(({ code, file, start }) => {
    const before = (reading.texts.get(file) ?? '').slice(0, start).split('\n');
    return `${code} ${before.length}:${before.at(-1)!.length + 1}`;
  });
}
