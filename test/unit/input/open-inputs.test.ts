import { utimesSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { discoverInputs } from '../../../src/input/discover.ts';
import { openInputs, type InputOptions, type LogInputs } from '../../../src/input/open-inputs.ts';
import { UTC } from '../../../src/input/zones.ts';
import { UserError } from '../../../src/model/errors.ts';
import { ALL_NEEDS, EVENT_COLUMNS } from '../../../src/model/event.ts';
import { formatIso } from '../../../src/model/time.ts';
import { Vocabulary } from '../../../src/model/vocabulary.ts';
import { drain } from './plain-parser.ts';
import { scratchFolder } from './scratch-folder.ts';

const open = async (args: string[], options: Partial<InputOptions> = {}): Promise<LogInputs> =>
  openInputs(await discoverInputs(args), {
    vocabulary: new Vocabulary(),
    needs: ALL_NEEDS,
    gapMs: 3_600_000,
    zoneFor: () => UTC,
    ...options,
  });

const connect = (stamp: string, address = '192.0.2.1'): string =>
  `${stamp} mx1 postfix/smtpd[7]: connect from x.example[${address}]\n`;

const within = (folder: string, names: string[]): string[] =>
  names.map((name) => path.join(folder, name));

describe('opening inputs', () => {
  it('ranks by first time, then last time, whatever the order of arguments', async () => {
    const folder = scratchFolder({
      'a.log': connect('2026-11-20T10:00:00Z') + connect('2026-11-20T10:00:09Z'),
      'b.log': connect('2026-11-20T10:00:00Z') + connect('2026-11-20T10:00:05Z'),
      'c.log': connect('2026-11-20T09:00:00Z'),
      'd.log': 'junk\n',
      'e.log': '',
    });
    const names = ['a.log', 'b.log', 'c.log', 'd.log', 'e.log'];
    for (const args of [names, names.toReversed()]) {
      const { files, sources } = await open(within(folder, args));
      expect(files.map(({ input }) => input.name)).toEqual([
        'd.log',
        'e.log',
        'c.log',
        'b.log',
        'a.log',
      ]);
      expect(sources.map(({ rank }) => rank)).toEqual([0, 1, 2, 3, 4]);
      expect(sources.map(({ lowerBound }) => lowerBound)).toEqual([
        -Infinity,
        -Infinity,
        Date.UTC(2026, 10, 20, 9) - 10_000,
        Date.UTC(2026, 10, 20, 10) - 10_000,
        Date.UTC(2026, 10, 20, 10) - 10_000,
      ]);
      for (const source of sources) await drain(source);
      expect(sources.map(({ accounting }) => accounting.lines)).toEqual([1, 0, 1, 2, 2]);
      expect(sources.map(({ accounting }) => accounting.unparsed)).toEqual([1, 0, 0, 0, 0]);
    }
  });

  it('reads a file once that comes again under another name or packed', async () => {
    const log = connect('2026-11-20T10:00:00Z') + connect('2026-11-20T10:00:09Z');
    const other = connect('2026-11-20T10:00:00Z', '192.0.2.9') + connect('2026-11-20T10:00:09Z');
    const folder = scratchFolder({
      'm.log': log,
      'n.gz': gzipSync(log),
      'o.log': log,
      'p.log': other,
    });
    const { files, sources } = await open([folder]);
    const copies = files.filter(({ rank }) => rank === undefined);
    expect(copies.map(({ input, duplicateOf }) => [input.name, duplicateOf])).toEqual([
      ['n.gz', 'm.log'],
      ['o.log', 'm.log'],
    ]);
    expect(sources.map(({ input }) => input.name).sort()).toEqual(['m.log', 'p.log']);
  });

  it('dates a rotation by the year of its oldest file', async () => {
    const folder = scratchFolder({
      'mail.log': connect('Jan  2 00:00:00'),
      'mail.log.1': connect('Dec 31 00:00:00') + connect('Jan  1 00:00:00'),
      'mail.log.2.gz': gzipSync(connect('Dec 30 00:00:00')),
    });
    const { files, sources } = await open([folder], { year: 2026 });
    expect(files.map(({ input, year }) => [input.name, year.firstYear, year.source])).toEqual([
      ['mail.log.2.gz', 2026, '--year'],
      ['mail.log.1', 2026, 'neighbour'],
      ['mail.log', 2027, 'neighbour'],
    ]);
    for (const source of sources) await drain(source);
    expect(sources.map(({ facts }) => formatIso(facts.report.lastMs!))).toEqual([
      '2026-12-30T00:00:00Z',
      '2027-01-01T00:00:00Z',
      '2027-01-02T00:00:00Z',
    ]);
  });

  it('dates a file alone by its time, or by the year given to it', async () => {
    const folder = scratchFolder({ 'mail.log': connect('Nov 20 10:00:00') });
    const file = path.join(folder, 'mail.log');
    utimesSync(file, 0, new Date('2024-11-21T00:00:00Z'));
    const byTime = await open([file]);
    expect(byTime.files[0].year).toEqual({ firstYear: 2024, source: 'mtime' });
    const given = await open([file], {
      yearFor: (name) => (name === 'mail.log' ? 2020 : undefined),
    });
    expect(given.files[0].year).toEqual({ firstYear: 2020, source: '--year' });
  });

  it('names the line of a date that the year given does not have', async () => {
    const filler = connect('Feb 28 00:00:00').repeat(2000);
    const folder = scratchFolder({ 'mail.log': `${filler}${connect('Feb 29 00:00:00')}` });
    const { sources } = await open([folder], { year: 2027 });
    await expect(drain(sources[0])).rejects.toThrow(
      "'mail.log' line 2001 is of 29 February, which 2027 does not have",
    );
  });

  it('reads standard input, which needs a year when its stamps have none', async () => {
    const stdin = (text: string): Readable => Readable.from([Buffer.from(text)]);
    const log = connect('Nov 20 10:00:00');
    await expect(open(['-'], { stdin: stdin(log) })).rejects.toThrow(UserError);
    const dated = await open(['-'], { stdin: stdin(connect('2026-11-20T10:00:00Z')) });
    expect(await drain(dated.sources[0])).toHaveLength(1);
    const given = await open(['-'], { stdin: stdin(log), year: 2026 });
    expect(await drain(given.sources[0])).toHaveLength(1);
    expect(formatIso(given.sources[0].firstTime)).toBe('2026-11-20T10:00:00Z');
    const late = await open(['-'], { stdin: stdin(`${'x\n'.repeat(40_000)}${log}`) });
    await expect(drain(late.sources[0])).rejects.toThrow(/standard input name no year/);
  });

  it('reads converted events in order, and other tables by their columns', async () => {
    const folder = scratchFolder({
      'a.csv': `${EVENT_COLUMNS.join(',')}\n2026-11-20T10:00:00Z,connect,192.0.2.1${','.repeat(18)}\n`,
      'b.csv': 'Time;ip\n1795168801;192.0.2.1\n',
    });
    const both = await open([folder], { defaultKind: 'connect' });
    expect(both.files.map(({ dialect, reorderMs }) => [dialect, reorderMs])).toEqual([
      ['csv', 0],
      ['csv', 10_000],
    ]);
    for (const source of both.sources) {
      expect(await drain(source)).toHaveLength(1);
      expect(source.accounting).toMatchObject({ lines: 2, event: 1, irrelevant: 1 });
    }
    await expect(open([path.join(folder, 'b.csv')])).rejects.toThrow("no column 'kind'");
    const map = new Map([['ip', 'client']] as const);
    const unmapped = open([path.join(folder, 'b.csv')], { map, defaultKind: 'connect' });
    await expect(unmapped).rejects.toThrow("no column 'client'");
  });

  it('reads times of a table in the zone of the input', async () => {
    const folder = scratchFolder({ 'a.csv': 'time,kind\n2026-11-20 10:00:00,connect\n' });
    const { createZone } = await import('../../../src/input/zones.ts');
    const { sources } = await open([folder], {
      zoneFor: () => createZone('Europe/Berlin')!,
    });
    await drain(sources[0]);
    expect(formatIso(sources[0].firstTime)).toBe('2026-11-20T09:00:00Z');
    expect(sources[0].facts.usedZone).toBe(true);
  });
});
