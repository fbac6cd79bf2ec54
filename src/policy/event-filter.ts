import { NetworkSet } from '../model/address.ts';
import type { EventBatch } from '../model/event-batch.ts';
import { fieldValue } from '../model/field-value.ts';
import type { EventFilter } from '../engine/port.ts';
import type { FieldFilter } from './rule-policy.ts';

/** Compiles `where:`; undefined when there is nothing to check. All filters must hold. */
export function compileFilters(filters: readonly FieldFilter[]): EventFilter | undefined {
  if (filters.length === 0) return undefined;
  // Numbers first: they cost nothing, texts must be decoded.
  const ordered = [...filters].sort(
    (a, b) => Number(a.field !== 'code') - Number(b.field !== 'code'),
  );
  const tests = ordered.map(compileFilter);
  if (tests.length === 1) return tests[0];
  return (batch, row) => {
    for (const test of tests) if (!test(batch, row)) return false;
    return true;
  };
}

function compileFilter(filter: FieldFilter): EventFilter {
  const { field, matches } = filter;
  if (field === 'code' && matches.every((match) => match.type === 'exact')) {
    const codes = new Set(matches.map((match) => Number(match.value)));
    return (batch, row) => codes.has(batch.code[row]);
  }
  const exact = new Set<string>();
  const patterns: RegExp[] = [];
  const networks = new NetworkSet(
    matches.flatMap((match) => (match.type === 'network' ? [match.network] : [])),
  );
  for (const match of matches) {
    if (match.type === 'exact') exact.add(match.value);
    else if (match.type !== 'network') patterns.push(match.pattern);
  }
  return (batch: EventBatch, row: number): boolean => {
    if (!networks.empty && networks.has(batch.family[row], batch.ip, row * 4)) return true;
    if (exact.size === 0 && patterns.length === 0) return false;
    const value = fieldValue(batch, row, field);
    if (exact.has(value)) return true;
    for (const pattern of patterns) if (pattern.test(value)) return true;
    return false;
  };
}
