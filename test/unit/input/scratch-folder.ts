import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';
import type { Input } from '../../../src/input/discover.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder holding these files, gone after the test. */
export function scratchFolder(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'hindcast-input-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

/** One file as an input. */
export function scratchInput(content: string | Buffer, name = 'mail.log'): Input {
  const bytes = Buffer.from(content);
  return {
    path: path.join(scratchFolder({ [name]: bytes }), name),
    name,
    sizeBytes: bytes.length,
    mtimeMs: 0,
    stream: false,
  };
}
