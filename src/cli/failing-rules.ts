import { UserError } from '../model/errors.ts';
import { actionLinesOf } from '../policy/sieve/action-lines.ts';
import type { LuaSource } from '../policy/lua/lua-policy.ts';
import type { SlottedScript } from '../policy/sieve/sieve-policy.ts';
import type { RunPolicy } from './run-policy.ts';

/**
 * A check for a rule that does not exist would pass for ever.
 *
 * @param names what `--fail-on` names
 * @param run what is replayed
 * @throws {UserError} when there is none of a name
 */
export function refuseUnknownRules(names: readonly string[], run: RunPolicy): void {
  const { policy, name: from, loadedScripts, loadedModules } = run;
  const known = policy.rules.map((rule) => rule.name);
  for (const name of names) {
    if (isLineOf(name, loadedModules)) continue;
    if (loadedScripts.length > 0) refuseUnknownPlace(name, loadedScripts);
    else if (loadedModules.length > 0) refuseUnknownLine(name, loadedModules);
    else if (from === undefined) {
      throw new UserError('--fail-on needs a --policy, or scripts of a --config');
    } else if (!known.includes(name)) {
      throw new UserError(
        `--fail-on ${name}: no such rule in ${from}`,
        `rules: ${known.join(', ')}`,
      );
    }
  }
}

/** Which lines of a module act only the run tells: by a reply, a tarpit or an error. */
function isLineOf(name: string, modules: readonly LuaSource[]): boolean {
  const [, file, line] = /^(.*):([1-9]\d*)$/s.exec(name) ?? [];
  const own = modules.find((module) => module.name === file);
  if (own !== undefined) return Number(line) <= own.text.split('\n').length;
  return file !== undefined && modules.some(({ text }) => /\brequire\b/.test(text));
}

function refuseUnknownLine(name: string, modules: readonly LuaSource[]): never {
  throw new UserError(
    `--fail-on ${name}: no line of a module`,
    `modules: ${modules.map((module) => module.name).join(', ')}; write ${modules[0].name}:LINE`,
  );
}

/** The rules of scripts are the places of their actions. */
function refuseUnknownPlace(name: string, scripts: readonly SlottedScript[]): void {
  const [, file, line] = /^(.*):(\d+)$/s.exec(name) ?? [];
  const all = scripts.map(({ name: script, commands, text }) => {
    return { script, ...actionLinesOf(commands, text) };
  });
  const own = all.find(({ script }) => script === file);
  if (own?.lines.includes(Number(line))) return;
  const mayBeIncluded = file !== undefined && own === undefined;
  if (mayBeIncluded && all.some(({ includes }) => includes)) return;
  const places = (own === undefined ? all : [own]).flatMap(({ script, lines }) =>
    lines.map((one) => `${script}:${one}`),
  );
  throw new UserError(
    `--fail-on ${name}: no action of a script stands there`,
    places.length === 0 ? 'the scripts have none' : `actions: ${places.slice(0, 20).join(', ')}`,
  );
}
