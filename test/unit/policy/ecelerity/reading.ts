import { posix } from 'node:path';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { formatDiagnostic, placeOf } from '../../../../src/model/diagnostic.ts';
import { formatMonitor } from '../../../../src/model/monitor.ts';
import type { ConfigurationPort } from '../../../../src/policy/ecelerity/includes.ts';
import { readConfiguration } from '../../../../src/policy/ecelerity/read.ts';
import type { Configuration, ConfigurationReading } from '../../../../src/policy/ecelerity/read.ts';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

type Files = Readonly<Record<string, string>>;

/** Files come from this map; a path that begins other paths is a folder. */
function portOf(files: Files): ConfigurationPort {
  return {
    readInclude(path, fromFile) {
      const name = posix.join(posix.dirname(fromFile), path);
      if (name in files) return [{ name, text: files[name] }];
      const inside = Object.keys(files).filter((file) => posix.dirname(file) === name);
      if (inside.length === 0) throw new Error('no such file');
      return inside.toSorted().map((file) => ({ name: file, text: files[file] }));
    },
    readScript(path, fromFile) {
      const name = posix.isAbsolute(path) ? path : posix.join(posix.dirname(fromFile), path);
      if (!(name in files)) throw new Error('no such file');
      return { name, text: files[name] };
    },
    absoluteHint: 'look elsewhere',
  };
}

/** Reads a text as `main.conf`. */
export function read(text: string, files: Files = {}): ConfigurationReading {
  return readConfiguration([{ name: 'main.conf', text }], portOf({ ...files, 'main.conf': text }));
}

/** A file of `fixtures/ecelerity` with its includes. */
export function readFixture(path: string): ConfigurationReading {
  const folder = `fixtures/ecelerity/`;
  const files: Record<string, string> = {};
  for (const name of readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })) {
    const hidden = posix.basename(name).startsWith('.');
    const file = `${ROOT}${folder}${name}`;
    if (!hidden && statSync(file).isFile()) files[folder + name] = readFileSync(file, 'utf8');
  }
  const file = { name: folder + path, text: files[folder + path] };
  return readConfiguration([file], portOf(files));
}

/** All mistakes as a terminal shows them. */
export function shown({ diagnostics, texts }: ConfigurationReading): string {
  return diagnostics.map((one) => `${formatDiagnostic(one, texts.get(one.file)!)}\n`).join('\n');
}

/** `code line:column` of every mistake, in order; with the file when it is an include. */
export function mistakesIn(text: string, files?: Files): string[] {
  const { diagnostics, texts } = read(text, files);
  return diagnostics.map(({ code, file, start }) => {
    const { line, column } = placeOf(texts.get(file)!, start);
    return `${code} ${file === 'main.conf' ? '' : `${file}:`}${line}:${column}`;
  });
}

/** The configuration, or an error that shows what is wrong with it. */
export function configurationOf(text: string, files?: Files): Configuration {
  const reading = read(text, files);
  if (reading.configuration === undefined) throw new Error(`not a good file:\n${shown(reading)}`);
  return reading.configuration;
}

/** What the audit stanza says. */
export function settingsOf(text: string, files?: Files): Record<string, unknown> {
  const { monitors, maintenanceIntervalMs, logDir, serializeDir } = configurationOf(
    text,
    files,
  ).audit!;
  const settings = {
    monitors: monitors?.value.map((monitor) => formatMonitor(monitor)),
    intervalMs: maintenanceIntervalMs?.value,
    logDir,
    serializeDir,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
