import { WordView } from '../../model/words.ts';
import type { Dialect } from '../dialects.ts';
import { FIELD } from './fields.ts';
import { HarakaLine, READ } from './line.ts';
import { HarakaParser } from './parser.ts';

/** Haraka's standard output: plain, logfmt or JSON (formats, section 10). */
export const HARAKA: Dialect = {
  dialect: 'haraka',
  owns: (bytes, start, end) => {
    const line = new HarakaLine();
    const words = new WordView().of(bytes);
    // Without `timestamps=true` it is Haraka's all the same; each line then says what is missing.
    const dated = line.read(bytes, words, start, end) !== READ.undated;
    if (!dated && line.readEntry(bytes, words, start, end) !== READ.entry) return false;
    return [FIELD.level, FIELD.uuid, FIELD.origin].every(
      (field) => line.cells.ends[field] > line.cells.starts[field],
    );
  },
  createParser: (setting) => new HarakaParser(setting),
};
