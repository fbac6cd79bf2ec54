import { createHash } from 'node:crypto';
import type { FileReport } from '../model/file-report.ts';
import { formatIso } from '../model/time.ts';
import type { ClusterOptions } from './cluster-settings.ts';
import { timeOption, type LogOptions } from './input-options.ts';
import type { ScriptOptions } from './scripts.ts';

/** Options that change what any run over logs under a policy finds. */
interface RunOptions extends LogOptions, ClusterOptions, Omit<ScriptOptions, 'phase'> {
  readonly phase?: string | readonly string[] | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly sessionTimeout?: string | undefined;
  readonly clampNegative?: boolean | undefined;
}

/** Those options as a manifest names them, in its order. */
export function commonOptions(options: RunOptions): Record<string, unknown> {
  return {
    from: iso(timeOption('--from', options.from)),
    to: iso(timeOption('--to', options.to)),
    tz: options.tz,
    year: typeof options.year === 'number' ? [String(options.year)] : options.year,
    reorder: options.reorder,
    node: options.node,
    input_format: options.inputFormat,
    map: options.map,
    kind: options.kind,
    infer_connections: options.inferConnections,
    phase: options.phase,
    sliding: options.sliding,
    session_timeout: options.sessionTimeout,
    clamp_negative: options.clampNegative,
    max_delay: options.maxDelay,
  };
}

/** Only what the user has said. */
export function givenOf(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = Object.entries(options).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return Object.fromEntries(given);
}

export function inputJson({ file, sizeBytes, firstMs, lastMs }: FileReport): object {
  return { name: file, size: sizeBytes, first: iso(firstMs), last: iso(lastMs) };
}

/** @param texts of a policy with all that it reads; null for a run without one */
export function policyJson(texts: readonly string[]): object | null {
  return texts.length === 0 ? null : { sha256: digestOf(texts) };
}

/** SHA-256 of the texts one after another, each closed by a NUL; null when there are none. */
export function digestOf(texts: readonly string[]): string | null {
  if (texts.length === 0) return null;
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex');
}

const iso = (timeMs: number | undefined): string | null =>
  timeMs === undefined ? null : formatIso(timeMs);
