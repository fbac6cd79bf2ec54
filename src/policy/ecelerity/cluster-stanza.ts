import type { ConfigurationSource } from './includes.ts';
import { shownPlace } from './mistakes.ts';
import { decimalOf, switchedOff, textOf, wholeNumberOf } from './option-values.ts';
import { readBody, type PlacedStanza } from './stanza-body.ts';

/** `Replicate "name" { … }` of a `cluster` stanza: what the nodes tell each other. */
export interface Replica {
  /** What is shared, such as `metrics` or `inbound_cidr`. */
  readonly name: string;
  /** The words of `parameters`, such as `connect`; empty without the option. */
  readonly parameters: readonly string[];
  /** How long a change may wait for others to go with it. */
  readonly maxDelayMs: number | undefined;
  /** How many changes may wait. */
  readonly maxPending: number | undefined;
}

const MAX_DELAY_S = 86_400;
const MAX_PENDING = 99_999_999;

/**
 * What the `cluster` stanzas replicate, by name and in order of first appearance; of two with one
 * name the later counts. All other options of a cluster are passed over.
 */
export function readClusterStanzas(
  source: ConfigurationSource,
  stanzas: readonly PlacedStanza[],
): readonly Replica[] {
  const replicas = new Map<string, { readonly replica: Replica; readonly placed: PlacedStanza }>();
  for (const placed of stanzas.flatMap((stanza) => replicateStanzas(source, stanza))) {
    const { name, keyword } = placed.stanza;
    if (name === undefined || name.text === '') {
      const hint = 'write Replicate "metrics" { … }';
      source.mistakes.add(keyword, 'name-missing', ['replicate'], hint, placed.file.name);
      continue;
    }
    const earlier = replicas.get(name.text)?.placed;
    if (earlier !== undefined) {
      const first = shownPlace(earlier.file, earlier.stanza);
      source.mistakes.add(name, 'option-twice', [name.text, first], undefined, placed.file.name);
    }
    replicas.set(name.text, { replica: readReplica(source, placed, name.text), placed });
  }
  return [...replicas.values()].map(({ replica }) => replica);
}

function replicateStanzas(
  source: ConfigurationSource,
  placed: PlacedStanza,
): readonly PlacedStanza[] {
  const words = { options: ['enabled'], stanzas: ['replicate'], open: true } as const;
  const body = readBody(source, placed, words);
  return body.read('enabled', (at) => switchedOff(at, 'cluster')) === true ? [] : body.stanzas;
}

function readReplica(source: ConfigurationSource, placed: PlacedStanza, name: string): Replica {
  const options = ['parameters', 'max_delay', 'max_pending'] as const;
  const body = readBody(source, placed, { options });
  const parameters = body.read('parameters', (at) => textOf(at)?.text) ?? '';
  const maxDelayS = body.read('max_delay', (at) => decimalOf(at, MAX_DELAY_S, 'seconds'));
  return {
    name,
    parameters: parameters
      .split(';')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
    maxDelayMs: maxDelayS === undefined ? undefined : Math.round(maxDelayS * 1000),
    maxPending: body.read('max_pending', (at) => wholeNumberOf(at, 0, MAX_PENDING)),
  };
}
