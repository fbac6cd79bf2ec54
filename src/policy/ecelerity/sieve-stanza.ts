import { didYouMean } from '../../model/suggest.ts';
import { SCRIPT_SLOTS, type ScriptSlot } from '../script-slots.ts';
import { openScript, type ConfigurationSource } from './includes.ts';
import { shownPlace } from './mistakes.ts';
import { readNamedSource, SOURCE_ALIASES, type NamedSource } from './named-source.ts';
import { choiceOf, flagOf, switchedOff, textOf, wholeNumberOf } from './option-values.ts';
import { readBody, tellTwice, type PlacedStanza } from './stanza-body.ts';
import { isNamed } from './tree.ts';

/** A script of a `sieve` stanza with its text, which nobody has read as a script yet. */
export interface LoadedScript {
  readonly slot: ScriptSlot;
  /** The path as it was opened. */
  readonly file: string;
  /** Bytes that are no UTF-8 have become U+FFFD; a byte order mark is kept. */
  readonly text: string;
  /** What a mistake at run time does: `fail` refuses for now (421), `continue` goes on. */
  readonly runtimeError: 'fail' | 'continue';
  /** The name of the stanza; empty when it has none. */
  readonly stanza: string;
}

/** A script for a hook of the server's own. Nothing here runs it, and its file is not opened. */
export interface SieveHook {
  readonly stanza: string;
  readonly name: string;
  readonly path: string;
  readonly async: boolean | undefined;
  readonly pool: string | undefined;
  readonly returns: string | undefined;
}

export interface SieveStanza {
  /** In session order, at most one for each slot. */
  readonly scripts: readonly LoadedScript[];
  readonly hooks: readonly SieveHook[];
}

const OPTIONS = ['runtime_error', 'cache_size', 'cache_life', 'enabled'] as const;
const RUNTIME_ERRORS = ['fail', 'continue'] as const;
const MAX_CACHE = 99_999_999;

/** Each stanza keeps its scripts and its own `runtime_error`; two of one name are a warning. */
export function readSieveStanzas(
  source: ConfigurationSource,
  stanzas: readonly PlacedStanza[],
): readonly SieveStanza[] {
  const byName = new Map<string, PlacedStanza>();
  return stanzas.map((placed) => {
    const name = placed.stanza.name?.text ?? '';
    const first = byName.get(name);
    if (first === undefined) byName.set(name, placed);
    else tellTwice(source, placed, first, 'the scripts of both count');
    return readSieveStanza(source, placed, name);
  });
}

function readSieveStanza(
  source: ConfigurationSource,
  placed: PlacedStanza,
  stanza: string,
): SieveStanza {
  const body = readBody(source, placed, { options: OPTIONS, stanzas: ['script', 'hook'] });
  if (body.read('enabled', (at) => switchedOff(at, 'sieve')) === true) {
    return { scripts: [], hooks: [] };
  }
  const runtimeError = body.read('runtime_error', (at) => choiceOf(at, RUNTIME_ERRORS));
  body.read('cache_size', (at) => wholeNumberOf(at, 0, MAX_CACHE));
  body.read('cache_life', (at) => wholeNumberOf(at, 0, MAX_CACHE, 'whole seconds'));
  const isHook = (inner: PlacedStanza): boolean => isNamed(inner.stanza.keyword, 'hook');
  const hooks = body.stanzas.filter(isHook).flatMap((inner) => readHook(source, inner, stanza));
  const ofScripts = body.stanzas.filter((inner) => !isHook(inner));
  const slots = readSlots(source, ofScripts);
  const scripts = SCRIPT_SLOTS.flatMap((slot): LoadedScript[] => {
    const found = slots.get(slot)?.found;
    const opened = found && openScript(source, found.pathFile, found.path);
    if (opened === undefined) return [];
    const { name: file, text } = opened;
    return [{ slot, file, text, runtimeError: runtimeError ?? 'fail', stanza }];
  });
  return { scripts, hooks };
}

interface FilledSlot {
  readonly placed: PlacedStanza;
  /** Undefined when the stanza names no file. */
  readonly found: NamedSource | undefined;
}

/** The scripts by slot; of two for one slot the later counts. */
function readSlots(
  source: ConfigurationSource,
  stanzas: readonly PlacedStanza[],
): ReadonlyMap<ScriptSlot, FilledSlot> {
  const slots = new Map<ScriptSlot, FilledSlot>();
  for (const placed of stanzas) {
    const body = readBody(source, placed, { options: ['source'], aliases: SOURCE_ALIASES });
    const found = readNamedSource(source, placed, body);
    const { stanza, file } = placed;
    const { name } = stanza;
    if (name === undefined || name.text === '') continue;
    const slot = SCRIPT_SLOTS.find((known) => isNamed(name, known));
    if (slot === undefined) {
      const hint =
        didYouMean(name.text, SCRIPT_SLOTS) ??
        'a phase and its turn: connect_phase1, rcptto_phase2';
      source.mistakes.add(name, 'slot-unknown', [name.text], hint, file.name);
      continue;
    }
    const earlier = slots.get(slot)?.placed;
    if (earlier !== undefined) {
      const first = shownPlace(earlier.file, earlier.stanza);
      source.mistakes.add(name, 'option-twice', [slot, first], undefined, file.name);
    }
    slots.set(slot, { placed, found });
  }
  return slots;
}

function readHook(source: ConfigurationSource, placed: PlacedStanza, stanza: string): SieveHook[] {
  const options = ['source', 'async', 'pool', 'return'] as const;
  const body = readBody(source, placed, { options, aliases: SOURCE_ALIASES });
  const found = readNamedSource(source, placed, body);
  const isAsync = body.read('async', flagOf);
  const pool = body.read('pool', (at) => textOf(at)?.text);
  const returns = body.read('return', (at) => textOf(at)?.text);
  if (found === undefined) return [];
  const { name, path } = found;
  source.mistakes.add(name, 'hook-not-simulated', [name.text], undefined, placed.file.name);
  return [{ stanza, name: name.text, path: path.text, async: isAsync, pool, returns }];
}
