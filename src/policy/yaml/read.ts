import { parseNetwork, type Network } from '../../model/address.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { assert } from '../../model/errors.ts';
import type { AuditSettings } from '../audit-settings.ts';
import type { RulePlaces } from '../rule-coverage.ts';
import type { RulePolicy } from '../rule-policy.ts';
import { AUDIT_SCHEMA, MONITORS_SCHEMA, readMaintenance, readMonitors } from './audit.ts';
import { mapping, schemaFile, type KeyTable, type Schema } from './key-table.ts';
import {
  LISTS_SCHEMA,
  NETWORKS_SCHEMA,
  readIgnore,
  readLists,
  type ListPort,
  type Lists,
  type ListSource,
} from './lists.ts';
import { Mistakes, type Place } from './mistakes.ts';
import { readRules, RULES_SCHEMA } from './rules.ts';
import { readSeries, SERIES_SCHEMA } from './series.ts';
import { checkKeys, headOf, mapOf, valueAt } from './shape.ts';
import { readTree, seenOf, type MapValue } from './tree.ts';

export interface PolicyReading {
  /** Absent when any diagnostic is an error. */
  readonly policy?: RulePolicy;
  /** The policy's own first, then those of list files; by place in each file. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text of the policy and of each list file, by the file name in `diagnostics`. */
  readonly texts: ReadonlyMap<string, string>;
  /** By rule name: where its parts stand in the policy. */
  readonly places: ReadonlyMap<string, RulePlaces>;
}

/** The version of the policy format that this reader knows. */
const VERSION = 1;
const TOP_KEYS: KeyTable = {
  hindcast: { about: 'The version of the policy format.', value: { const: VERSION } },
  monitors: {
    about: 'Monitors that metrics are kept for, "seconds,windows"; the first is the default.',
    value: MONITORS_SCHEMA,
  },
  audit: { about: 'Settings of the audit engine.', value: AUDIT_SCHEMA },
  ignore: {
    about: 'Networks, or lists of them, that are never counted or judged; default loopback.',
    value: NETWORKS_SCHEMA,
  },
  lists: { about: 'Named lists of addresses, networks and domains.', value: LISTS_SCHEMA },
  series: { about: 'What is counted beside the metrics.', value: SERIES_SCHEMA },
  rules: { about: 'What is too much, and the answer.', value: RULES_SCHEMA },
};

/** A policy inside another file, which may do without its version. */
export const INLINE_POLICY_SCHEMA = mapping(TOP_KEYS);

/** The JSON Schema of a policy file. */
export function policySchema(): Schema {
  return schemaFile('A policy of hindcast', mapping(TOP_KEYS, { required: ['hindcast'] }));
}

const NOT_CONFIGURED: AuditSettings = { monitors: undefined, maintenanceIntervalMs: undefined };

/**
 * Reads a YAML policy. Never throws on what a user wrote; every mistake becomes a diagnostic.
 *
 * @param file the policy's name as the user gave it
 * @param configured what holds where the policy is silent; where it is not, both must agree
 */
export function readYamlPolicy(
  text: string,
  file: string,
  port: { readonly readList: ListPort['readList'] },
  configured: AuditSettings = NOT_CONFIGURED,
): PolicyReading {
  const mistakes = new Mistakes(file);
  const source = { mistakes, port, file, texts: new Map([[file, text]]) };
  const root = readTree(text, mistakes);
  if (root === undefined && mistakes.errors === 0) {
    addVersionMissing(mistakes, { start: 0, end: 0 });
  }
  const map = root && mistakes.errors === 0 ? mapOf(mistakes, root, 'a policy') : undefined;
  const isRead = map !== undefined && readVersion(mistakes, map);
  return readingOf(source, isRead ? map : undefined, configured);
}

/**
 * Reads a policy that stands in another YAML file, as a mapping of it. There the version of that
 * file says how it is written, so its own may be left out.
 *
 * @param text the text of the whole file
 */
export function readInlinePolicy(
  map: MapValue,
  text: string,
  file: string,
  port: { readonly readList: ListPort['readList'] },
): PolicyReading {
  const mistakes = new Mistakes(file);
  const source = { mistakes, port, file, texts: new Map([[file, text]]) };
  const isRead = valueAt(map, 'hindcast') === undefined || readVersion(mistakes, map);
  return readingOf(source, isRead ? map : undefined, NOT_CONFIGURED);
}

/** @param map undefined: there is nothing to read on, and the mistakes say why */
function readingOf(
  source: ListSource & { readonly texts: ReadonlyMap<string, string> },
  map: MapValue | undefined,
  configured: AuditSettings,
): PolicyReading {
  const { mistakes, file, texts } = source;
  let places: ReadonlyMap<string, RulePlaces> = new Map();
  let policy: RulePolicy | undefined;
  if (map !== undefined) {
    checkKeys(mistakes, map, TOP_KEYS, 'the policy');
    const listsValue = valueAt(map, 'lists');
    const lists = listsValue === undefined ? new Map() : readLists(source, listsValue);
    ({ policy, places } = readBody(source, map, lists, configured));
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
  { mistakes, file }: ListSource,
  map: MapValue,
  lists: Lists,
  configured: AuditSettings,
): { policy: RulePolicy; places: ReadonlyMap<string, RulePlaces> } {
  const ignoreValue = valueAt(map, 'ignore');
  const ignore = ignoreValue === undefined ? loopback() : readIgnore(mistakes, lists, ignoreValue);
  const monitors = readMonitors(mistakes, valueAt(map, 'monitors'), configured.monitors);
  const audit = valueAt(map, 'audit');
  const maintenanceIntervalMs = readMaintenance(mistakes, audit, configured.maintenanceIntervalMs);
  const seriesValue = valueAt(map, 'series');
  const series = seriesValue === undefined ? new Map() : readSeries(mistakes, lists, seriesValue);
  const rulesValue = valueAt(map, 'rules');
  const declared = { mistakes, ...monitors, lists, series };
  const { rules, places } =
    rulesValue === undefined ? { rules: [], places: new Map() } : readRules(declared, rulesValue);
  const definitions = [...series.values()].filter((one) => one !== undefined);
  const settings = { monitors: monitors.monitors, ignore, maintenanceIntervalMs };
  return { policy: { file, ...settings, series: definitions, rules }, places };
}

function loopback(): Network[] {
  return ['127.0.0.0/8', '::1/128'].flatMap((text) => parseNetwork(text) ?? []);
}
