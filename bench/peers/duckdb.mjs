// Runs a query of this folder in DuckDB, with the threads that it takes by itself.
//
//   node bench/peers/duckdb.mjs t1-log|t1-csv FILE LIMIT YEAR
import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const [name, file, limit, year] = process.argv.slice(2);
const read = (/** @type {string} */ part) =>
  readFileSync(new URL(`${part}.sql`, import.meta.url), 'utf8');
const sql = `${read(name)}\n${read('t1-roll-up')}`
  .replaceAll('$file', `'${file.replaceAll("'", "''")}'`)
  .replaceAll('$limit', String(Number(limit)))
  .replaceAll('$year', `'${Number(year)} '`);

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
const result = await connection.runAndReadAll(sql);
const rows = result.getRowsJS().map((row) => row.map(String).join(','));
process.stdout.write(`${rows.join('\n')}\n`);
connection.closeSync();
instance.closeSync();
