// Goal: the shell reads, completes, explains and goes on; a script stops at the first failure.
// Method: readline on plain streams, which it takes for a terminal when told so.
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';

import { complete } from '../../../src/console/completion.ts';
import { linesOf, runScript, runShell } from '../../../src/console/shell.ts';
import { InterruptedError } from '../../../src/model/errors.ts';
import { TestConsole } from './test-target.ts';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const UP = '\u001b[A';

/** Types into a shell, key by key, and waits for its end. */
async function type(
  console: TestConsole,
  keys: readonly string[],
  signal = new AbortController().signal,
): Promise<{ readonly shown: string; readonly interrupts: number }> {
  const input = new PassThrough();
  const output = new PassThrough();
  let shown = '';
  let interrupts = 0;
  output.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  const ended = runShell(console, { input, output, signal, interrupt: () => interrupts++ });
  // It may end before all is typed.
  ended.catch(() => undefined);
  for (const key of keys) {
    input.write(key);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  return { shown, interrupts };
}

describe('the shell', () => {
  test('shows the simulated time before each command, until it is left', async () => {
    const console = new TestConsole();
    const { shown } = await type(console, ['add both 300,12 192.0.2.9 4\r', 'quit\r']);
    expect(console.written).toEqual({ out: '4\n', err: '' });
    expect(shown.split('12:00:03 hindcast> ')).toHaveLength(3);
    const quiet = new TestConsole({}, []);
    expect((await type(quiet, [CTRL_D])).shown).toContain('--:--:-- hindcast> ');
  });

  test('explains a mistake and goes on; Ctrl-D leaves', async () => {
    const console = new TestConsole();
    await type(console, ['shwo all\r', 'at\r', CTRL_D]);
    expect(console.written.err).toContain("console:1:1: error: no command 'shwo'");
    expect(console.written.out).toBe('2026-11-20T12:00:03Z\n');
  });

  test('has a history', async () => {
    const console = new TestConsole();
    await type(console, ['add both 300,12 192.0.2.9 4\r', `${UP}\r`, 'exit\r']);
    expect(console.written.out).toBe('4\n8\n');
  });

  test('Ctrl-C clears the line and no more', async () => {
    const console = new TestConsole();
    const { interrupts } = await type(console, ['add both', CTRL_C, 'at\r', CTRL_C, 'quit\r']);
    expect(console.written).toEqual({ out: '2026-11-20T12:00:03Z\n', err: '' });
    expect(interrupts).toBe(0);
  });

  test('Ctrl-C interrupts a command that runs', async () => {
    let refuse: (error: Error) => void = () => undefined;
    const moveTo = (): Promise<boolean> =>
      new Promise((_, reject) => {
        refuse = reject;
      });
    const input = new PassThrough();
    const ended = runShell(new TestConsole({ moveTo }), {
      input,
      output: new PassThrough(),
      signal: new AbortController().signal,
      interrupt: () => refuse(new InterruptedError('interrupted')),
    });
    const typed = (async (): Promise<void> => {
      input.write('at end\r');
      await new Promise((resolve) => setImmediate(resolve));
      input.write(CTRL_C);
    })();
    await expect(ended).rejects.toThrow(InterruptedError);
    await typed;
  });

  test('ends when the process is to end', async () => {
    const end = new AbortController();
    setTimeout(() => end.abort(), 20);
    await expect(type(new TestConsole(), ['ad'], end.signal)).rejects.toThrow(InterruptedError);
  });

  test('completes with Tab', async () => {
    const console = new TestConsole();
    await type(console, ['cou', '\t', '192.0.2.1 bad', '\t', '3', '\t', '0\r', 'quit\r']);
    expect(console.written).toEqual({ out: '2\n', err: '' });
  });
});

describe('completion', () => {
  test.each([
    ['', ['show', 'delete_ip', 'count_cidr', 'add', 'subtract', 'load', 'cluster', 'at', 'save']],
    ['sh', ['show']],
    ['show ', ['ip', 'all']],
    ['inbound_audit:x show a', ['all']],
    ['add ', ['bad_rcpt', 'six', 'both', 'logins']],
    ['add b', ['bad_rcpt', 'both']],
    ['add both ', ['300,12']],
    ['delete_ip 192.0.2.1 both 3', ['300,12']],
    ['load s', ['six']],
    ['add both 300,12 ', []],
    ['cluster ', ['shared']],
    ['cluster shared ', ['list', 'show']],
    ['cluster shared show ', ['inbound_cidr']],
    ['cluster shared show inbound_cidr ', ['from']],
    ['cluster shared show inbound_cidr from m', ['mx1', 'mx2']],
    ['cluster shared list ', []],
    ['xml sh', []],
  ])('%s', (line, wanted) => {
    const [found, last] = complete(line, new TestConsole());
    expect(found.slice(0, 9).map((word) => word.trimEnd())).toEqual(wanted);
    expect(line.endsWith(last)).toBe(true);
  });
});

describe('a script', () => {
  const LINES = ['# a comment', '', 'add both 300,12 192.0.2.9 4', 'add both', 'at'];

  test('stops at the first failure', async () => {
    const console = new TestConsole();
    const failure = await runScript(console, LINES, '-c');
    expect(failure?.message).toBe('expected <parameters> <ip> <increment>');
    expect(console.written.out).toBe('4\n');
    expect(console.written.err).toMatch(/^-c:4:9: error: expected <parameters>/);
  });

  test('ends where it quits', async () => {
    const console = new TestConsole();
    expect(await runScript(console, ['at', 'quit', 'wat'], 'stdin')).toBeUndefined();
    expect(console.written).toEqual({ out: '2026-11-20T12:00:03Z\n', err: '' });
  });

  test('ends when nobody reads the answers', async () => {
    const console = new TestConsole({}, undefined, false);
    const lines = ['add both 300,12 192.0.2.9 4', 'add both 300,12 192.0.2.9 4'];
    expect(await runScript(console, lines, '-c')).toBeUndefined();
    expect(console.written.out).toBe('4\n');
  });

  test('may come from a pipe, with any ends of lines', async () => {
    const console = new TestConsole();
    const input = new PassThrough();
    input.end('at\r\nadd both 300,12 192.0.2.9 4');
    const { signal } = new AbortController();
    expect(await runScript(console, linesOf(input, signal), 'stdin')).toBeUndefined();
    expect(console.written.out).toBe('2026-11-20T12:00:03Z\n4\n');
  });
});
