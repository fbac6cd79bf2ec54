import { describe, expect, it } from 'vitest';
import { candidatesOf, createZone, UTC, type Zone } from '../../../src/input/zones.ts';
import { formatIso, parseIso } from '../../../src/model/time.ts';

const zone = (name: string): Zone => createZone(name)!;
const local = (text: string): number => parseIso(text)!.localMs;
const inUtc = (name: string, text: string): string[] =>
  candidatesOf(zone(name), local(text)).map((utcMs) => formatIso(utcMs));

describe('zones', () => {
  it('knows IANA names and no others', () => {
    expect(createZone('utc')).toBe(UTC);
    expect(createZone('Mars/Olympus')).toBeUndefined();
    expect(createZone('')).toBeUndefined();
    expect(zone('Etc/GMT+5').offsetAt(0)).toBe(-5 * 3_600_000);
    expect(zone('America/New_York').name).toBe('America/New_York');
  });

  it('reads a plain local time', () => {
    expect(inUtc('UTC', '2026-03-29T02:30:00')).toEqual(['2026-03-29T02:30:00Z']);
    expect(inUtc('Europe/Berlin', '2026-11-20T18:27:13')).toEqual(['2026-11-20T17:27:13Z']);
    expect(inUtc('Asia/Tokyo', '2027-01-01T08:59:59')).toEqual(['2026-12-31T23:59:59Z']);
  });

  it('gives two readings of an hour that DST repeats, the earlier first', () => {
    expect(inUtc('Europe/Berlin', '2026-10-25T01:59:59')).toEqual(['2026-10-24T23:59:59Z']);
    expect(inUtc('Europe/Berlin', '2026-10-25T02:00:00')).toEqual([
      '2026-10-25T00:00:00Z',
      '2026-10-25T01:00:00Z',
    ]);
    expect(inUtc('Europe/Berlin', '2026-10-25T02:59:59')).toHaveLength(2);
    expect(inUtc('Europe/Berlin', '2026-10-25T03:00:00')).toEqual(['2026-10-25T02:00:00Z']);
    expect(inUtc('Australia/Lord_Howe', '2026-04-05T01:45:00')).toEqual([
      '2026-04-04T14:45:00Z',
      '2026-04-04T15:15:00Z',
    ]);
  });

  it('takes a skipped hour with the offset before', () => {
    expect(inUtc('Europe/Berlin', '2026-03-29T02:30:00')).toEqual(['2026-03-29T01:30:00Z']);
    expect(inUtc('Pacific/Apia', '2011-12-30T12:00:00')).toEqual(['2011-12-30T22:00:00Z']);
  });

  it('covers a year without holes, also where it changes four times', () => {
    for (const name of ['Africa/Casablanca', 'America/Sao_Paulo', 'Pacific/Apia']) {
      for (const year of ['2011', '2017', '2026']) {
        let at = local(`${year}-01-01`);
        const end = local(`${Number(year) + 1}-01-01`);
        let spans = 0;
        while (at < end) {
          const span = zone(name).spanAt(at);
          expect(span.fromMs).toBe(at);
          at = span.toMs;
          spans++;
        }
        expect(at).toBe(end);
        expect(spans).toBeLessThan(12);
      }
    }
  });
});
