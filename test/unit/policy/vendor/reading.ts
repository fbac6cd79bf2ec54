import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatDiagnostic, placeOf } from '../../../../src/model/diagnostic.ts';
import type { RulePolicy } from '../../../../src/policy/rule-policy.ts';
import {
  importPolicy,
  type ImportReading,
  type PolicyImport,
} from '../../../../src/policy/vendor/import-policy.ts';
import { policyOf, read } from '../yaml/reading.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
export const FOLDER = `${ROOT}fixtures/policy/vendor/`;

/** A data file of `fixtures/policy/vendor`. */
export function importFixture(name: string): { reading: ImportReading; shown: string } {
  const text = readFileSync(`${FOLDER}${name}`, 'utf8');
  const reading = importPolicy(text, name);
  const shown = reading.diagnostics.map((one) => `${formatDiagnostic(one, text)}\n`).join('\n');
  return { reading, shown };
}

/** The policy of a data file, or an error that shows what is wrong with it. */
export function importedOf(text: string): PolicyImport {
  const { imported, diagnostics } = importPolicy(text, 'dp_config.lua');
  if (imported !== undefined) return imported;
  throw new Error(diagnostics.map((one) => formatDiagnostic(one, text)).join('\n'));
}

/** The policy of a data file as the replay gets it. */
export function rulesOf(text: string): RulePolicy {
  return policyOf(read(importedOf(text).policy));
}

/** `code line:column` of all that is said of a data file, in order. */
export function saidOf(text: string): string[] {
  return importPolicy(text, 'dp_config.lua').diagnostics.map(({ code, start }) => {
    const { line, column } = placeOf(text, start);
    return `${code} ${line}:${column}`;
  });
}

/** A data file with one series. */
export function seriesText(name: string, settings: string): string {
  return `msys.dp_config.audit_series.${name} = { ${settings} }\n`;
}

/** A data file with one threshold on the series of connections. */
export function thresholdText(threshold: string): string {
  const series = `type = "cidr", interval = 60, buckets = 4, thresholds = { { ${threshold} } }`;
  return seriesText('connections', series);
}
