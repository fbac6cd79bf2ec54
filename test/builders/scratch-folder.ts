import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

const MEMORY = '/dev/shm';

/**
 * A new folder for small files, gone after the last test of the file; in memory where the system has
 * a place for that. A replay waits until its files are on the disk, which is most of the time of a
 * property that replays hundreds of times, and no part of what it holds.
 */
export function scratchFolder(): string {
  const parent = existsSync(MEMORY) ? MEMORY : tmpdir();
  const folder = mkdtempSync(path.join(parent, 'hindcast-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
