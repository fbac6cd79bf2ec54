// Goal: the recorded logs give what grep counts in them.
// Method: lines of each kind, counted with `grep -cE` over the unpacked fixtures; refusals that only
// `rcpts=` and `lr=` show were counted with a script of a few lines that knows nothing of ours.
import { describe, expect, test } from 'vitest';
import { HARAKA } from '../../../../src/input/haraka/haraka.ts';
import { parseDialect } from '../../../builders/dialect-rows.ts';
import { fixture } from '../event-rows.ts';

interface Counts {
  readonly connects: number;
  readonly disconnects: number;
  readonly pairs: number;
  readonly receptions: number;
  readonly rejections: number;
  readonly authFailures: number;
  readonly deferrals: number;
  readonly deliveries: number;
  /** Lines without a stamp. */
  readonly unparsed: number;
}

const COUNTED: readonly (readonly [string, Counts])[] = [
  [
    'default',
    {
      connects: 277,
      disconnects: 236,
      pairs: 236,
      receptions: 111,
      rejections: 135,
      authFailures: 6,
      deferrals: 5,
      deliveries: 2,
      unparsed: 162,
    },
  ],
  [
    'logfmt',
    {
      connects: 333,
      disconnects: 259,
      pairs: 259,
      receptions: 116,
      rejections: 119,
      authFailures: 3,
      deferrals: 5,
      deliveries: 0,
      unparsed: 156,
    },
  ],
  [
    'json',
    {
      connects: 286,
      disconnects: 241,
      pairs: 241,
      receptions: 127,
      rejections: 126,
      authFailures: 4,
      deferrals: 0,
      deliveries: 0,
      unparsed: 175,
    },
  ],
];

describe.each(COUNTED)('%s', (name, counts) => {
  const { rows, classes, reasons } = parseDialect(HARAKA, fixture(`haraka/${name}.log.gz`));
  const of = (kind: string): typeof rows => rows.filter((row) => row['kind'] === kind);

  test('events', () => {
    const began = new Map(of('connect').map((row) => [row['session'], row['ip']]));
    const ended = of('disconnect');
    expect({
      connects: of('connect').length,
      disconnects: ended.length,
      pairs: ended.filter(({ session, ip }) => began.get(session) === ip).length,
      receptions: of('reception').length,
      rejections: of('rejection').length,
      authFailures: of('auth_failure').length,
      deferrals: of('deferral').length,
      deliveries: of('delivery').length,
      unparsed: classes[2],
    }).toEqual(counts);
    expect(new Set(reasons)).toEqual(new Set(['no time stamp']));
    expect(classes[0] + classes[1] + classes[2]).toBe(1500);
  });

  test('nobody is blamed for what clients wrote', () => {
    for (const row of rows) expect(String(row['ip'])).not.toMatch(/^192\.0\.2\.9[789]$/);
  });
});
