// T1 over the CSV as a program in Node would do it with csv-parse.
//
//   node bench/peers/csv-parse.mjs FILE LIMIT
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { blockOf } from '../blocks.mjs';

const [file, limit] = process.argv.slice(2);
/** @type {Map<string, number>} */
const addresses = new Map();

const parser = createReadStream(file, { highWaterMark: 512 * 1024 }).pipe(parse({ from_line: 2 }));
for await (const record of parser) {
  const [time, kind, ip] = /** @type {string[]} */ (record);
  if (kind !== 'connect' && kind !== 'rejection') continue;
  const seconds = Date.parse(time) / 1000;
  const rule = kind === 'connect' ? 'connections' : 'rejections';
  const key = `${rule},${ip},${seconds - (seconds % 300)}`;
  addresses.set(key, (addresses.get(key) ?? 0) + 1);
}

/** @type {Map<string, number>} */
const blocks = new Map();
for (const [key, hits] of addresses) {
  const [rule, ip, windowStart] = key.split(',');
  const block = `${rule},${blockOf(ip, 24, 64)},${windowStart}`;
  blocks.set(block, (blocks.get(block) ?? 0) + hits);
}
for (const [block, hits] of blocks) if (hits > Number(limit)) console.log(`${block},${hits}`);
