import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import {
  BatchReceiver,
  BatchSender,
  wordsOf,
  type ShownBatch,
} from '../../src/cli/reading/shown-batch.ts';
import { BatchPool } from '../../src/input/batch-pool.ts';
import { KIND_DROPPED, TEXT } from '../../src/model/event.ts';
import type { EventBatch } from '../../src/model/event-batch.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';

const anyWord = fc.nat(12).map((n) => `w${n}`);
const anyRow = fc.record({
  time: fc.nat(10_000),
  node: anyWord,
  listener: anyWord,
  service: anyWord,
  kind: fc.oneof(anyWord, fc.constant(undefined)),
  size: fc.integer({ min: -1, max: 5 }),
  word: fc.nat(0xffff_ffff),
  /** In the block, or beside it. */
  sender: fc.constantFrom('abc', 'other'),
});
const anyStep = fc.record({
  rows: fc.array(anyRow, { minLength: 1, maxLength: 6 }),
  /** Rows are pushed that often: columns grow beyond their first room. */
  times: fc.constantFrom(1, 1, 1, 400),
  /** One long line makes the block larger. */
  block: fc.constantFrom(16, 16, 5000),
  /** Words that this thread comes to know by itself. */
  own: fc.array(anyWord, { maxLength: 2 }),
  /** How many batches that were received go back before the next one. */
  handled: fc.nat(3),
});

type Row = typeof anyRow extends fc.Arbitrary<infer R> ? R : never;

function fill(
  batch: EventBatch,
  row: Row,
  { nodes, listeners, services, kinds }: Vocabulary,
): void {
  const kind = row.kind === undefined ? KIND_DROPPED : kinds.id(row.kind)!;
  const at = batch.push(row.time, kind, 1, 0);
  batch.node[at] = nodes.id(row.node)!;
  batch.listener[at] = listeners.id(row.listener)!;
  batch.service[at] = services.id(row.service)!;
  batch.size[at] = row.size;
  batch.ip[at * 4 + 3] = row.word;
  if (row.sender === 'abc') batch.setSpan(at, TEXT.sender, 0, 3);
  else batch.setText(at, TEXT.sender, row.sender);
}

function read(batch: EventBatch, at: number): Row {
  const { nodes, listeners, services, kinds } = batch.vocabulary;
  return {
    time: batch.time[at],
    node: nodes.name(batch.node[at]),
    listener: listeners.name(batch.listener[at]),
    service: services.name(batch.service[at]),
    kind: batch.kind[at] === KIND_DROPPED ? undefined : kinds.name(batch.kind[at]),
    size: batch.size[at],
    word: batch.ip[at * 4 + 3] >>> 0,
    sender: batch.text(at, TEXT.sender) as Row['sender'],
  };
}

test('what one thread fills another one reads, whatever words each has seen before', () => {
  let translated = 0;
  fc.assert(
    fc.property(fc.array(anyWord), fc.array(anyStep, { maxLength: 12 }), (known, steps) => {
      const here = new Vocabulary();
      for (const word of known) here.listeners.id(word);
      const there = new Vocabulary();
      const receiver = new BatchReceiver(here);
      const sender = new BatchSender(there, structuredClone(wordsOf(here)));
      const pool = new BatchPool(there, 16, true);
      const alive: EventBatch[] = [];
      for (const [index, { rows, times, block, own, handled }] of steps.entries()) {
        for (const batch of alive.splice(0, handled)) {
          pool.release(sender.batchOf(receiver.numberOf(batch)));
        }
        const filled = pool.acquire();
        filled.source = index;
        if (block > filled.bytes.length) filled.bytes = pool.allocate(block);
        filled.bytes.write('abc');
        const written: Row[] = [];
        for (let time = 0; time < times; time++) {
          for (const row of rows) fill(filled, row, there);
          written.push(...rows);
        }
        for (const word of own) here.nodes.id(word);
        // Structured cloning would copy the memory of buffers that are not shared.
        const shown: ShownBatch = structuredClone(sender.show(filled));
        receiver.learn(shown);
        const batch = receiver.receive(shown);
        expect(batch.source).toBe(index);
        expect(Array.from({ length: batch.rows }, (_, at) => read(batch, at))).toEqual(written);
        translated += batch.node.some(
          (node, at) => here.nodes.name(node) !== there.nodes.name(filled.node[at]),
        )
          ? 1
          : 0;
        alive.push(batch);
      }
    }),
    { numRuns: 200 },
  );
  expect(translated).toBeGreaterThan(50);
});
