// Goal: what scripts do at events stands in the report under their places, each as often as the
// semantics say.
// Method: a policy that does what each event's HELO names, replayed over a few lines.
import { describe, expect, test } from 'vitest';

import { ALL_NEEDS } from '../../../src/model/event.ts';
import { Vocabulary } from '../../../src/model/vocabulary.ts';
import type { ScriptPolicy, ScriptWorld } from '../../../src/policy/script-policy.ts';
import { replay } from '../../../src/simulate/replay.ts';
import { SILENT_SINK } from '../../../src/simulate/silent-sink.ts';
import type {
  FiringRow,
  LoggedRow,
  StoppedRow,
  Tally,
  WindowRow,
} from '../../../src/simulate/tally.ts';
import { NOON_MS, type EventRow } from '../../builders/event-batches.ts';
import { RowSource } from '../../builders/event-sources.ts';

const PLACE = { script: 'a.siv', line: 3 };

type Deed = (world: ScriptWorld) => void;

interface Report {
  readonly tally: Tally;
  readonly fired: FiringRow[];
  readonly stopped: StoppedRow[];
  readonly logged: LoggedRow[];
  readonly clock: number[];
  readonly windows: WindowRow[];
}

/** Does `deed` at each of the connects. */
async function report(
  deed: (world: ScriptWorld) => Deed,
  rows: readonly EventRow[] = [{ timeMs: NOON_MS, kind: 'connect', ip: '192.0.2.1' }],
  strict = false,
): Promise<Report> {
  const fired: FiringRow[] = [];
  const stopped: StoppedRow[] = [];
  const logged: LoggedRow[] = [];
  const clock: number[] = [];
  const windows: WindowRow[] = [];
  const scripts: ScriptPolicy = {
    needs: ALL_NEEDS,
    keepsSessions: false,
    bind: (world) => {
      const done = deed(world);
      const judge = (): void => {
        clock.push(world.event.nowMs);
        done(world);
      };
      const orderOf = (phase: string): number => ['z_phase', 'a_phase'].indexOf(phase);
      return { phases: 0, orderOf, judge, ended: () => undefined };
    },
  };
  const vocabulary = new Vocabulary();
  const sources = [new RowSource(rows, { vocabulary })];
  const sink = {
    ...SILENT_SINK,
    window: (row: WindowRow) => windows.push(row),
    firing: (row: FiringRow) => fired.push(row),
    stopped: (row: StoppedRow) => stopped.push(row),
    logged: (row: LoggedRow) => logged.push(row),
  };
  const common = { needs: ALL_NEEDS, fileOf: () => 'mail.log' };
  const { tally } = await replay({ ...common, sources, vocabulary, scripts, sink, strict });
  return { tally, fired, stopped, logged, clock, windows };
}

const connects = (...addresses: readonly string[]): EventRow[] =>
  addresses.map((ip, index) => ({ timeMs: NOON_MS + index * 1000, kind: 'connect', ip }));

describe('actions', () => {
  test('fire once at an event, under the address of the peer', async () => {
    const rows = connects('192.0.2.9', '2001:db8::1', '192.0.2.1', '192.0.2.9');
    const { fired, stopped, tally } = await report((world) => {
      const held = world.declare({ ...PLACE, line: 2 }, 'tarpit');
      const refused = world.declare(PLACE, 'reject');
      const second = world.declare({ ...PLACE, line: 4 }, 'disconnect');
      return () => {
        for (const rule of [held, refused, refused, second])
          world.act(rule, { code: 550, text: () => 'no' });
      };
    }, rows);
    expect(fired.map(({ rule, key, firings, verdict }) => [rule, key, firings, verdict])).toEqual(
      [
        ['a.siv:2', 'tarpit'],
        ['a.siv:3', 'reject'],
        ['a.siv:4', 'disconnect'],
      ].flatMap(([rule, verdict]) => [
        [rule, '192.0.2.1', 1, verdict],
        [rule, '192.0.2.9', 2, verdict],
        [rule, '2001:db8::1', 1, verdict],
      ]),
    );
    expect(fired.every(({ peak, limit }) => peak === undefined && limit === undefined)).toBe(true);
    expect(stopped.map(({ rule, ip }) => [rule, ip])).toEqual(
      rows.map(({ ip }) => ['a.siv:3', ip]),
    );
    expect(tally.rules.map(({ keys, firings }) => [keys, firings])).toEqual([
      [3, 4],
      [3, 4],
      [3, 4],
    ]);
  });

  test('join windows into episodes without a peak', async () => {
    const rows = [0, 1, 2, 4].map((window): EventRow => {
      return { timeMs: NOON_MS + window * 300_000, kind: 'connect', ip: '192.0.2.1' };
    });
    const { tally } = await report((world) => {
      const rule = world.declare(PLACE, 'reject');
      return () => world.act(rule, { code: 550, text: () => 'no' });
    }, rows);
    expect(tally.rules[0].topEpisodes.map(({ windows, peak }) => [windows, peak])).toEqual([
      [3, undefined],
      [1, undefined],
    ]);
  });
});

test('counters stand in the order of phases, then of names and classes', async () => {
  const { tally } = await report(() => (world) => {
    for (const phase of ['a_phase', 'z_phase']) {
      for (const counter of ['y', 'x', 'x']) {
        world.count(phase, counter, '5xx');
        world.count(phase, counter, '4xx');
      }
    }
  });
  const rows = tally.scripts!.stats.map(({ phase, counter, kind, count }) =>
    [phase, counter, kind, count].join(' '),
  );
  expect(rows).toEqual(
    ['z_phase', 'a_phase'].flatMap((phase) =>
      ['x 4xx 2', 'x 5xx 2', 'y 4xx 1', 'y 5xx 1'].map((rest) => `${phase} ${rest}`),
    ),
  );
});

test('lines that are logged have the place and the event; ten of them are shown', async () => {
  const rows = connects(...Array.from({ length: 12 }, (_, index) => `192.0.2.${index}`));
  const { tally, logged, clock } = await report(() => {
    return (world) => world.log(PLACE, 'x.log', 'seen');
  }, rows);
  expect(logged).toEqual(
    rows.map(({ timeMs, ip }, index) => {
      const at = { timeMs, ip, file: 'mail.log', line: index + 1 };
      return { ...at, place: 'a.siv:3', target: 'x.log', text: 'seen' };
    }),
  );
  expect(tally.scripts).toMatchObject({ logged: 12, firstLogged: logged.slice(0, 10) });
  expect(clock).toEqual(rows.map(({ timeMs }) => timeMs));
});

describe('counts', () => {
  const add: Deed = ({ audit, event: { batch, row } }) => {
    const series = audit.series('a', { intervalMs: 1000, windows: 2 });
    series.add(batch.family[row], batch.ip, row * 4, 1, 'none');
  };

  test('of a series that begins with an event have windows from then on', async () => {
    const { windows } = await report(() => add, connects('192.0.2.1', '192.0.2.2', '192.0.2.1'));
    const own = windows.filter(({ series }) => series === 'a');
    expect(own.map(({ windowStartMs, total, topKey }) => [windowStartMs, total, topKey])).toEqual([
      [NOON_MS, 1, '192.0.2.1'],
      [NOON_MS + 1000, 1, '192.0.2.2'],
      [NOON_MS + 2000, 1, '192.0.2.1'],
    ]);
  });

  test('of sessions hold those that were open before they were asked for', async () => {
    const rows = connects('192.0.2.1', '192.0.2.2', '127.0.0.1', '198.51.100.1', '192.0.2.3');
    const { logged } = await report(() => {
      let number = 0;
      return (world) => {
        if (++number < 4) return;
        const { batch, row } = world.event;
        const open = world.audit.sessions('SMTP', undefined, { ipv4: 24, ipv6: 64 }, 'node');
        world.log(PLACE, '', String(open.count(batch.family[row], batch.ip, row * 4)));
      };
    }, rows);
    expect(logged.map(({ text }) => text)).toEqual(['3']);
  });
});

describe('notes', () => {
  const noted: Deed = (world) => {
    world.note(PLACE, 'failed', 'once');
    world.note(PLACE, 'doubt', 'why');
  };

  test('are told once for each place and kind, and counted', async () => {
    const { tally } = await report(() => noted, connects('192.0.2.1', '192.0.2.2'));
    expect(tally.scripts!.notes).toEqual([
      { place: 'a.siv:3', kind: 'failed', text: 'once', times: 2 },
      { place: 'a.siv:3', kind: 'doubt', text: 'why', times: 2 },
    ]);
  });

  test('end the run under --strict where something is not simulated', async () => {
    await expect(report(() => noted, undefined, true)).resolves.toBeDefined();
    const missing: Deed = (world) => world.note(PLACE, 'not-simulated', 'ec_dns');
    await expect(report(() => missing, undefined, true)).rejects.toThrow(
      "a.siv:3: 'ec_dns' is not simulated (--strict)",
    );
  });
});
