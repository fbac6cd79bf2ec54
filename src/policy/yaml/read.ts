import { parseNetwork, type Network } from '../../model/address.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { assert } from '../../model/errors.ts';
import { DEFAULT_MONITOR, formatMonitor, type Monitor } from '../../model/monitor.ts';
import type { RulePolicy } from '../rule-policy.ts';
import { readIgnore, readLists, type ListPort, type Lists } from './lists.ts';
import { Mistakes, type Place } from './mistakes.ts';
import { readRules } from './rules.ts';
import { readMonitor, readSeries } from './series.ts';
import { checkKeys, headOf, mapOf, someOf, valueAt } from './shape.ts';
import { readTree, seenOf, type MapValue, type Value } from './tree.ts';

export interface PolicyReading {
  /** Absent when any diagnostic is an error. */
  readonly policy?: RulePolicy;
  /** The policy's own first, then those of list files; by place in each file. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text of the policy and of each list file, by the file name in `diagnostics`. */
  readonly texts: ReadonlyMap<string, string>;
  /** By rule name: where the policy says what the rule counts, for messages of a replay. */
  readonly places: ReadonlyMap<string, Place>;
}

/** The version of the policy format that this reader knows. */
const VERSION = 1;
const TOP_KEYS = ['hindcast', 'monitors', 'ignore', 'lists', 'series', 'rules'];

/**
 * Reads a YAML policy. Never throws on what a user wrote; every mistake becomes a diagnostic.
 *
 * @param file the policy's name as the user gave it
 */
export function readYamlPolicy(
  text: string,
  file: string,
  port: { readonly readList: ListPort['readList'] },
): PolicyReading {
  const mistakes = new Mistakes(file);
  const texts = new Map([[file, text]]);
  const root = readTree(text, mistakes);
  let places: ReadonlyMap<string, Place> = new Map();
  let policy: RulePolicy | undefined;
  if (root !== undefined && mistakes.errors === 0) {
    const map = mapOf(mistakes, root, 'a policy');
    if (map !== undefined && readVersion(mistakes, map)) {
      checkKeys(mistakes, map, TOP_KEYS, 'the policy');
      const listsValue = valueAt(map, 'lists');
      const source = { mistakes, port, file, texts };
      const lists = listsValue === undefined ? new Map() : readLists(source, listsValue);
      ({ policy, places } = readBody(mistakes, map, lists, file));
    }
  } else if (mistakes.errors === 0) {
    addVersionMissing(mistakes, { start: 0, end: 0 });
  }
  const diagnostics = mistakes.sorted();
  if (mistakes.errors > 0) return { diagnostics, texts, places };
  assert(policy !== undefined, `a policy without errors was not read: ${file}`);
  return { policy, diagnostics, texts, places };
}

function addVersionMissing(mistakes: Mistakes, place: Place): void {
  mistakes.add(place, 'version-missing', [], `start the policy with hindcast: ${VERSION}`);
}

/** Whether the rest can be read: a newer format may mean anything by its keys. */
function readVersion(mistakes: Mistakes, map: MapValue): boolean {
  const value = valueAt(map, 'hindcast');
  if (value === undefined) {
    addVersionMissing(mistakes, headOf(map));
    return true;
  }
  if (value.type === 'number' && value.value > VERSION) {
    mistakes.add(value, 'version-newer', [value.text]);
    return false;
  }
  if (value.type !== 'number' || value.value !== VERSION) {
    mistakes.add(value, 'type-wrong', ["'hindcast'", `the number ${VERSION}`, seenOf(value)]);
  }
  return true;
}

function readBody(
  mistakes: Mistakes,
  map: MapValue,
  lists: Lists,
  file: string,
): { policy: RulePolicy; places: ReadonlyMap<string, Place> } {
  const ignoreValue = valueAt(map, 'ignore');
  const ignore = ignoreValue === undefined ? loopback() : readIgnore(mistakes, lists, ignoreValue);
  const monitorsValue = valueAt(map, 'monitors');
  const given = monitorsValue && readMonitors(mistakes, monitorsValue);
  const [first = DEFAULT_MONITOR, ...others] = given ?? [];
  const monitors = [first, ...others];
  const monitorsKnown = monitorsValue === undefined || given !== undefined;
  const seriesValue = valueAt(map, 'series');
  const series = seriesValue === undefined ? new Map() : readSeries(mistakes, lists, seriesValue);
  const rulesValue = valueAt(map, 'rules');
  const declared = { mistakes, monitors, monitorsKnown, lists, series };
  const { rules, places } =
    rulesValue === undefined ? { rules: [], places: new Map() } : readRules(declared, rulesValue);
  const definitions = [...series.values()].filter((one) => one !== undefined);
  return { policy: { file, monitors, ignore, series: definitions, rules }, places };
}

function loopback(): Network[] {
  return ['127.0.0.0/8', '::1/128'].flatMap((text) => parseNetwork(text) ?? []);
}

/** Undefined when one of them is wrong. A monitor named twice is one monitor. */
function readMonitors(mistakes: Mistakes, value: Value): Monitor[] | undefined {
  const monitors = new Map<string, Monitor>();
  const before = mistakes.errors;
  for (const item of someOf(mistakes, value, "'monitors'")) {
    const monitor = readMonitor(mistakes, item);
    if (monitor !== undefined) monitors.set(formatMonitor(monitor), monitor);
  }
  return mistakes.errors > before ? undefined : [...monitors.values()];
}
