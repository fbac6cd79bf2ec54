import { TEXT, TEXT_FIELDS, type EventField, type Needs } from '../model/event.ts';
import type { Condition, FieldFilter, Quantity, Rule, RulePolicy } from './rule-policy.ts';

/**
 * The text fields that a policy asks of the parsers: those it counts by or compares, the sender
 * where domains are exempt, and what `stopped.csv` tells of every event that a verdict stops.
 */
export function needsOf(policy: RulePolicy): Needs {
  const fields = new Set<EventField>();
  for (const series of policy.series) {
    fields.add(series.key);
    addFilters(fields, series.where);
  }
  for (const rule of policy.rules) addRule(fields, rule);
  let textFields = 0;
  for (const name of TEXT_FIELDS) {
    if (fields.has(name)) textFields |= 1 << TEXT[name];
  }
  return { textFields };
}

function addRule(fields: Set<EventField>, rule: Rule): void {
  if (rule.per.type === 'field') fields.add(rule.per.field);
  if (rule.exceptDomains.length > 0) fields.add('sender');
  for (const condition of rule.conditions) {
    for (const quantity of quantitiesOf(condition)) {
      if (quantity.type !== 'distinct') continue;
      fields.add(quantity.field);
      addFilters(fields, quantity.where);
    }
  }
  const { type } = rule.verdict;
  const stops = type === 'reject' || type === 'disconnect' || rule.blockMs !== undefined;
  if (stops) fields.add('sender').add('recipient').add('queue_id');
}

function quantitiesOf(condition: Condition): readonly Quantity[] {
  return condition.type === 'ratio' ? [condition.of, condition.to] : [condition.of];
}

function addFilters(fields: Set<EventField>, filters: readonly FieldFilter[]): void {
  for (const filter of filters) fields.add(filter.field);
}
