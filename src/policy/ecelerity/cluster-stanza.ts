import { didYouMean } from '../../model/suggest.ts';
import type { ConfigurationSource } from './includes.ts';
import { shownPlace } from './mistakes.ts';
import { decimalOf, switchedOff, textOf, wholeNumberOf } from './option-values.ts';
import { readBody, type PlacedOption, type PlacedStanza } from './stanza-body.ts';
import type { TextValue } from './tree.ts';

/** What nodes can tell each other, in the manual's spelling. */
export const REPLICA_TYPES = [
  'cache',
  'inbound_cidr',
  'outbound_binding_domains',
  'outbound_cidr',
  'outbound_domains',
  'OBTM',
  'OBTC',
  'shared_named_throttles',
  'metrics',
  'eccmgr_metrics',
] as const;
export type ReplicaType = (typeof REPLICA_TYPES)[number];

/** What of a type is told, in the manual's spelling. */
export const REPLICA_PARAMETERS = [
  'snapshot',
  'connect',
  'delivery',
  'transfail',
  'permfail',
  'reception',
  'rejection',
  'audit_series',
  'gauge_cache',
] as const;
export type ReplicaParameter = (typeof REPLICA_PARAMETERS)[number];

/** The `cluster` stanzas of a configuration together. */
export interface Cluster {
  readonly replicas: readonly Replica[];
}

/** `Replicate "name" { … }` of a `cluster` stanza: what the nodes tell each other. */
export interface Replica {
  /** As it is written. */
  readonly name: string;
  /** That of `type`, else of `class`, else the name itself; undefined when none is known. */
  readonly type: ReplicaType | undefined;
  /** The known words of `parameters`; empty without the option. */
  readonly parameters: readonly ReplicaParameter[];
  /** How long a change may wait for others to go with it. */
  readonly maxDelayMs: number | undefined;
  /** How many changes may wait. */
  readonly maxPending: number | undefined;
}

/** The longest `max_delay`, seconds. */
export const MAX_DELAY_S = 86_400;
const MAX_PENDING = 99_999_999;
const MAX_SIZE = 2_147_483_647;

/**
 * What the `cluster` stanzas replicate, by name and in order of first appearance; of two with one
 * name the later counts. All other options of a cluster are passed over. Undefined when there is
 * no stanza that is switched on: a server by itself.
 */
export function readClusterStanzas(
  source: ConfigurationSource,
  stanzas: readonly PlacedStanza[],
): Cluster | undefined {
  const bodies = stanzas.map((stanza) => replicateStanzas(source, stanza));
  const inUse = bodies.filter((body) => body !== undefined);
  return inUse.length === 0 ? undefined : { replicas: readReplicas(source, inUse.flat()) };
}

/** Undefined when the cluster is switched off. */
function replicateStanzas(
  source: ConfigurationSource,
  placed: PlacedStanza,
): readonly PlacedStanza[] | undefined {
  const words = { options: ['enabled'], stanzas: ['replicate'], open: true } as const;
  const body = readBody(source, placed, words);
  const isOff = body.read('enabled', (at) => switchedOff(at, 'cluster')) === true;
  return isOff ? undefined : body.stanzas;
}

function readReplicas(
  source: ConfigurationSource,
  stanzas: readonly PlacedStanza[],
): readonly Replica[] {
  const replicas = new Map<string, { readonly replica: Replica; readonly placed: PlacedStanza }>();
  for (const placed of stanzas) {
    const { name, keyword } = placed.stanza;
    if (name === undefined || name.text === '') {
      const hint = 'write Replicate "metrics" { … }';
      source.mistakes.add(keyword, 'name-missing', ['replicate'], hint, placed.file.name);
      continue;
    }
    const identity = knownWord(REPLICA_TYPES, name.text) ?? name.text;
    const earlier = replicas.get(identity)?.placed;
    if (earlier !== undefined) {
      const first = shownPlace(earlier.file, earlier.stanza);
      source.mistakes.add(name, 'option-twice', [name.text, first], undefined, placed.file.name);
    }
    replicas.set(identity, { replica: readReplica(source, placed, name), placed });
  }
  return [...replicas.values()].map(({ replica }) => replica);
}

const OPTIONS = [
  'parameters',
  'type',
  'class',
  'max_delay',
  'max_pending',
  'max_size',
  'binding_group',
] as const;

function readReplica(source: ConfigurationSource, placed: PlacedStanza, name: TextValue): Replica {
  const body = readBody(source, placed, { options: OPTIONS });
  const types = (['type', 'class'] as const).map((option) =>
    body.read(option, (at) => ({ type: typeOf(at) })),
  );
  const isTyped = types.some((type) => type !== undefined);
  const byName = knownWord(REPLICA_TYPES, name.text);
  if (!isTyped && byName === undefined) {
    const hint = didYouMean(name.text, REPLICA_TYPES) ?? 'say what it is: type = "cache"';
    source.mistakes.add(name, 'replica-unknown', [name.text], hint, placed.file.name);
  }
  body.read('max_size', (at) => wholeNumberOf(at, -1, MAX_SIZE));
  body.read('binding_group', (at) => textOf(at));
  const maxDelayS = body.read('max_delay', (at) => decimalOf(at, MAX_DELAY_S, 'seconds'));
  return {
    name: name.text,
    type: types[0]?.type ?? types[1]?.type ?? byName,
    parameters: body.read('parameters', parametersOf) ?? [],
    maxDelayMs: maxDelayS === undefined ? undefined : Math.round(maxDelayS * 1000),
    maxPending: body.read('max_pending', (at) => wholeNumberOf(at, 0, MAX_PENDING)),
  };
}

function typeOf(at: PlacedOption): ReplicaType | undefined {
  const value = textOf(at);
  return value && wordOf(at, REPLICA_TYPES, value.text);
}

function parametersOf(at: PlacedOption): readonly ReplicaParameter[] {
  const written = textOf(at)?.text ?? '';
  const words = written.split(';').map((word) => word.trim());
  const known = words
    .filter((word) => word !== '')
    .map((word) => wordOf(at, REPLICA_PARAMETERS, word));
  return [...new Set(known.filter((word) => word !== undefined))];
}

/** The word in the manual's spelling; undefined when it is unknown, which is told. */
function wordOf<Word extends string>(
  { source, option, file }: PlacedOption,
  words: readonly Word[],
  written: string,
): Word | undefined {
  const known = knownWord(words, written);
  if (known !== undefined) return known;
  const details = [option.name.text, written] as const;
  const hint = didYouMean(written, words) ?? `known are ${words.join(', ')}`;
  source.mistakes.add(option.value, 'word-unknown', [...details], hint, file.name);
  return undefined;
}

/** Words have no case, as names of options have none. */
function knownWord<Word extends string>(words: readonly Word[], written: string): Word | undefined {
  return words.find((word) => word.toLowerCase() === written.toLowerCase());
}
