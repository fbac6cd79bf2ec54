import { expect, test } from 'vitest';
import { LineMemory } from '../../../src/input/syslog/line-memory.ts';

const key = (text: string): [Buffer, number, number] => [Buffer.from(text), 0, text.length];

test('a key is found again on its node', () => {
  const memory = new LineMemory();
  expect(memory.used).toBe(false);
  expect(memory.find(1, ...key('4AB12'))).toBe(-1);
  const slot = memory.claim(1, ...key('4AB12'));
  expect(slot).toBeGreaterThanOrEqual(0);
  expect(slot).toBeLessThan(memory.capacity);
  expect(memory.used).toBe(true);
  expect(memory.find(1, ...key('4AB12'))).toBe(slot);
  expect(memory.find(2, ...key('4AB12'))).toBe(-1);
  expect(memory.find(1, ...key('4AB1'))).toBe(-1);
});

test('an empty or long key is not kept', () => {
  const memory = new LineMemory();
  expect(memory.claim(1, ...key(''))).toBe(-1);
  expect(memory.claim(1, ...key('x'.repeat(25)))).toBe(-1);
});

test('a key may be pushed out, and its slot is then not found by it', () => {
  const memory = new LineMemory();
  const owners = new Map<number, string>();
  for (let i = 0; i < 20_000; i++) {
    const text = `4AB${i}`;
    owners.set(memory.claim(1, ...key(text)), text);
  }
  const found = new Map<number, string>();
  for (let i = 0; i < 20_000; i++) {
    const slot = memory.find(1, ...key(`4AB${i}`));
    if (slot >= 0) found.set(slot, `4AB${i}`);
  }
  expect(found.size).toBe(owners.size);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(owners));
  expect(owners.size).toBeGreaterThan(2000);
});
