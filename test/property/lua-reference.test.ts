// Goal: scripts of the common subset do on our machine what they do in a stock Lua 5.1, to the
// words and places of errors; where ours is another on purpose, this file says so.
// Method: run each case of fixtures/lua/stock, and generated expressions, in both.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOf } from '../../src/policy/lua/bytes.ts';
import { answerOfChunk, scriptMachine } from '../builders/script-machine.ts';
import { stockLua, type StockLua } from '../builders/stock-lua.ts';

const FOLDER = new URL('../../fixtures/lua/stock/', import.meta.url);
const PRELUDE = readFileSync(new URL('prelude.lua', FOLDER), 'utf8');

let stock: StockLua;
beforeAll(async () => {
  stock = await stockLua(PRELUDE);
});
afterAll(() => {
  stock.close();
});

function ours(chunk: string): string {
  const machine = scriptMachine();
  answerOfChunk(machine, PRELUDE);
  return answerOfChunk(machine, chunk);
}

interface Case {
  readonly title: string;
  readonly chunk: string;
}

function casesOf(file: string): Case[] {
  const [, ...parts] = readFileSync(new URL(file, FOLDER), 'utf8').split(/^--- /m);
  return parts.map((part) => {
    const end = part.indexOf('\n');
    return { title: part.slice(0, end), chunk: part.slice(end + 1) };
  });
}

const FILES = readdirSync(FOLDER).filter((file) => file !== 'prelude.lua');

test('there are cases to look at', () => {
  expect(FILES.flatMap(casesOf).length).toBeGreaterThan(150);
});

describe.each(FILES)('%s', (file) => {
  test.each(casesOf(file))('$title', ({ chunk }) => {
    expect(ours(chunk)).toBe(stock.runWithPlaces(bytesOf(chunk)));
  });
});
