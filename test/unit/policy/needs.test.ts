import { describe, expect, test } from 'vitest';

import { TEXT_FIELDS } from '../../../src/model/event.ts';
import { needsOf } from '../../../src/policy/needs.ts';
import { policyOf, read } from './yaml/reading.ts';

function fieldsOf(text: string): string[] {
  const { textFields } = needsOf(policyOf(read(`hindcast: 1\n${text}`)));
  return TEXT_FIELDS.filter((_, bit) => (textFields & (1 << bit)) !== 0);
}

const RULE = 'name: a, count: connections, above: 1, per: address';

describe('a policy needs', () => {
  test('no text for counts by address', () => {
    expect(fieldsOf(`rules: [{ ${RULE}, then: tag }]`)).toEqual([]);
    expect(fieldsOf(`rules: [{ ${RULE}, then: { tarpit: 5 } }]`)).toEqual([]);
  });

  test('what its series compare and are keyed by', () => {
    const series = `series:
  a:
    type: string
    monitor: "60,5"
    on: rejection
    key: helo
    where: { code: 550, reason: x, phase: data }`;
    expect(fieldsOf(series)).toEqual(['helo', 'reason']);
  });

  test('what its rules tell apart', () => {
    const rule = `name: a, distinct: recipient, on: reception,
      where: { enhanced: "2*" }, above: 1, per: user, then: tag`;
    expect(fieldsOf(`rules: [{ ${rule} }]`)).toEqual(['recipient', 'user', 'enhanced']);
  });

  test('the sender where domains are exempt', () => {
    const lists = 'lists: { ours: [example.org], theirs: [192.0.2.1] }\n';
    expect(fieldsOf(`${lists}rules: [{ ${RULE}, except: ours, then: tag }]`)).toEqual(['sender']);
    expect(fieldsOf(`${lists}rules: [{ ${RULE}, except: theirs, then: tag }]`)).toEqual([]);
  });

  test.each(['{ reject: "550 no" }', '{ disconnect: "421 no" }', '{ tag: a, for: 1h }'])(
    'what the list of stopped mail shows for %s',
    (then) => {
      expect(fieldsOf(`rules: [{ ${RULE}, then: ${then} }]`)).toEqual([
        'queue_id',
        'sender',
        'recipient',
      ]);
    },
  );
});
