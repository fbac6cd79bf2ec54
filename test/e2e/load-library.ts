import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Source from '../../src/index.ts';
import { ROOT } from './run-hindcast.ts';

type Library = typeof Source;

/** The built library; its types are those of the source, so that checking them needs no build. */
export async function loadLibrary(): Promise<Library> {
  const url = pathToFileURL(path.join(ROOT, 'dist', 'index.js')).href;
  return (await import(/* @vite-ignore */ url)) as Library;
}
