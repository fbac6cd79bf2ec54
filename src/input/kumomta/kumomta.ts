import type { Dialect } from '../dialects.ts';
import { JSON_TYPE, JsonLine } from '../json/json-line.ts';
import { KumoParser } from './parser.ts';

/** KumoMTA's log records, one JSON object a line (formats, section 9). */
export const KUMOMTA: Dialect = {
  dialect: 'kumomta',
  owns: (bytes, start, end) => {
    const json = new JsonLine([['type'], ['timestamp'], ['event_time']]);
    if (!json.read(bytes, start, end) || json.types[0] !== JSON_TYPE.string) return false;
    return json.types[1] === JSON_TYPE.number || json.types[2] === JSON_TYPE.string;
  },
  createParser: (setting) => new KumoParser(setting),
  hints: {
    connect: '--infer-connections makes one connect of the first record of each session',
  },
};
