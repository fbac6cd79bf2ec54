import { existsSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../model/errors.ts';
import type { Scriptlet } from '../policy/ecelerity/scriptlet-stanza.ts';
import { LuaPolicy, readLua, type LuaSource } from '../policy/lua/lua-policy.ts';
import { shownNames } from '../policy/momentum/shown-names.ts';
import { shownConfig } from './configuration-file.ts';
import { mistakesIn, readNamedFile, shownDiagnostics } from './policy-file.ts';
import type { ReadText, ScriptDisk } from './script-disk.ts';

/** Where modules lie, from the folder of the configuration, as on a server. */
const FOLDERS = ['', 'conf/default', 'conf/global', '../default', '../global'];

/** Whether a policy is a Lua module, by its name. */
export function isLuaFile(file: string): boolean {
  return /\.lua$/i.test(file);
}

/**
 * The file of a module that Lua names, such as `policy.limits` or `policy/limits`.
 *
 * @param folder of the configuration, or of the module that is named by itself
 */
function moduleFile(folder: string, name: string): string | undefined {
  const parts = name.split(/[./]/);
  // A name cannot lead out of the folders that are searched.
  if (parts.some((part) => part === '' || part.includes('\\'))) return undefined;
  const file = `${path.join(...parts)}.lua`;
  return FOLDERS.map((below) => path.join(folder, below, file)).find((found) => existsSync(found));
}

/**
 * The modules that scriptlets of a configuration name, in order.
 *
 * @param configs the files of the configuration; modules lie by one of them
 * @throws {UserError} when one is not there
 */
export function scriptletFiles(
  configs: readonly string[],
  scriptlets: readonly Scriptlet[],
): string[] {
  return scriptlets.map(({ name, source }) => {
    const found = configs.map((config) => moduleFile(path.dirname(config), source));
    const file = found.find((one) => one !== undefined);
    if (file !== undefined) return file;
    throw new UserError(
      `${shownConfig(configs)}: scriptlet '${name}': no module '${source}'`,
      `it is looked for as ${source.replaceAll('.', '/')}.lua in the folder of the configuration, ` +
        'conf/default and conf/global',
    );
  });
}

/**
 * Checks Lua modules and makes them one policy.
 *
 * @throws {UserError} with the mistakes of the first file that has any
 */
export function loadModules(
  files: readonly ReadText[],
  disk: ScriptDisk,
): { readonly policy: LuaPolicy; readonly sources: readonly LuaSource[] } {
  const names = shownNames(files.map(({ file }) => file));
  const sources = files.map(({ file, text }): LuaSource => {
    checkLua({ file, text });
    return { file, text, name: names.get(file)! };
  });
  const folders = [...new Set(files.map(({ file }) => path.dirname(file)))];
  const policy = new LuaPolicy(sources, {
    dnsFixture: disk.dnsFixture,
    read: (name, fromModule) => {
      const from = sources.find((source) => source.name === fromModule)?.file ?? files[0].file;
      return disk.read(name, from);
    },
    module: (name) => {
      const file = folders.map((folder) => moduleFile(folder, name)).find((found) => found);
      if (file === undefined) return undefined;
      const { text } = disk.read(path.resolve(file), file);
      return { file: path.basename(file), text, path: file };
    },
  });
  return { policy, sources };
}

/** @throws {UserError} with what is wrong in a module as far as it is not run */
export function checkLua({ file, text }: ReadText): void {
  const diagnostics = readLua(text, file);
  if (diagnostics.length === 0) return;
  throw mistakesIn(diagnostics, shownDiagnostics(diagnostics, new Map([[file, text]])));
}

/** A module as the user or a configuration names it. */
export function readModuleFile(file: string): ReadText {
  return { file, text: readNamedFile(file, 'module') };
}
