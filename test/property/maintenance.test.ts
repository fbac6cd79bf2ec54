// Goal: which files maintenance leaves in a folder is an obvious function of their names, of now and
// of the days, and every journal that is left holds what it held; no configuration ends the reader.
// Method: random folders of journals, plain, packed or both, between other files; compare the names
// that are left with those of the function, and the contents with those before. Spoil a good
// configuration at random places.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { JournalUpkeep } from '../../src/cli/journal-upkeep.ts';
import { formatCompact } from '../../src/model/time.ts';
import { readMaintenance } from '../../src/policy/ecelerity/maintenance.ts';
import { findJournals } from '../../src/series/journals.ts';
import { storedJournals } from '../../src/series/maintenance.ts';
import { encodeSeries } from '../../src/series/writer.ts';
import { patchedText, textPatch } from '../builders/text-patches.ts';
import { scratchFolder } from '../builders/scratch-folder.ts';

const HOUR_MS = 3_600_000;
/** 2026-11-20T00:00:00Z */
const NOW_MS = 1_795_132_800_000;
const FORMS = ['plain', 'packed', 'both'] as const;

const journals = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('spam', 'virus'),
    /** Around every boundary of up to four days. */
    ageHours: fc.integer({ min: -3, max: 110 }),
    form: fc.constantFrom(...FORMS),
  }),
  { selector: ({ name, ageHours }) => `${name} ${ageHours}`, maxLength: 12 },
);
const OTHERS = [
  'spam',
  'spam.300,12',
  'notes.txt',
  'spam.20201120T000000.gz.7.partial',
  '.partial',
];

interface Days {
  readonly retentionDays: number;
  readonly condenseDays: number;
}

/** The file names of a journal as they are to be, by age in hours alone. */
function namesLeft(name: string, hours: number, form: string, days: Days): string[] {
  if (hours > days.retentionDays * 24) return [];
  const stays = form === 'plain' && hours < (days.condenseDays + 1) * 24;
  return [stays ? name : `${name}.gz`];
}

const scratch = scratchFolder();
let folders = 0;

test('what is left follows from the names', () => {
  const seen = { removed: 0, compressed: 0, kept: 0, left: 0 };
  fc.assert(
    fc.property(
      journals,
      fc.record({ retentionDays: fc.integer({ min: 1, max: 4 }), condenseDays: fc.nat(4) }),
      (all, days) => {
        const folder = path.join(scratch, String(++folders));
        mkdirSync(folder);
        for (const other of OTHERS) writeFileSync(path.join(folder, other), 'no journal');
        const held = new Map<string, string>();
        const expected = [...OTHERS];
        for (const { name, ageHours, form } of all) {
          const endMs = NOW_MS - ageHours * HOUR_MS;
          const rows = [{ window: 0, key: '192.0.2.1', count: ageHours + 4 }];
          const monitor = { intervalMs: HOUR_MS, windows: 2 };
          const bytes = encodeSeries({
            name,
            type: 'cidr',
            monitor,
            windowZeroMs: endMs - HOUR_MS,
            rows,
          });
          const file = `${name}.${formatCompact(endMs)}`;
          held.set(file, bytes.toString());
          if (form !== 'packed') writeFileSync(path.join(folder, file), bytes);
          if (form !== 'plain') writeFileSync(path.join(folder, `${file}.gz`), gzipSync(bytes));
          expected.push(...namesLeft(file, ageHours, form, days));
        }
        const found = findJournals(folder);
        const dry = new JournalUpkeep(found, { nowMs: NOW_MS, ...days }, true);
        const wet = new JournalUpkeep(found, { nowMs: NOW_MS, ...days }, false);
        const stored = storedJournals(found.journals);
        const said = stored.map((journal) => dry.keep(journal));
        const done = stored.map((journal) => wet.keep(journal));
        expect(said).toEqual(done);
        for (const one of done) if (one !== undefined) seen[one.fate]++;
        const left = readdirSync(folder);
        expect(left.toSorted()).toEqual(expected.toSorted());
        for (const file of left) {
          const bytes = readFileSync(path.join(folder, file));
          const text = file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
          expect(text.toString()).toBe(held.get(file.replace(/\.gz$/, '')) ?? 'no journal');
        }
      },
    ),
    { numRuns: 200 },
  );
  expect(Math.min(seen.removed, seen.compressed, seen.kept)).toBeGreaterThan(100);
  expect(seen.left).toBe(0);
});

const GOOD = `# all of it
auto = "false"
series = spam "virus"
retention = 60 # days
condense = 30
basedir = "/var/log/example"
`;

test('whatever a configuration holds, the answer is settings or mistakes in it', () => {
  const signs = ['"', "'", '=', '#', '/*', '*/', '(', ']', '\n', '\\', 'auto = on\n', 'series'];
  let good = 0;
  fc.assert(
    fc.property(fc.array(textPatch(signs), { maxLength: 4 }), (patches) => {
      const text = patchedText(GOOD, patches);
      const { settings, diagnostics } = readMaintenance(text, 'm.conf');
      const errors = diagnostics.filter(({ severity }) => severity === 'error');
      expect(errors.length === 0).toBe(settings !== undefined);
      for (const { start, end } of diagnostics) {
        expect([0 <= start, start <= end, end <= text.length]).toEqual([true, true, true]);
      }
      good += errors.length === 0 ? 1 : 0;
    }),
    { numRuns: 3000 },
  );
  expect(good).toBeGreaterThan(100);
  expect(good).toBeLessThan(2900);
});
