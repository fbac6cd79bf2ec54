import type { Input } from '../../input/discover.ts';
import { FORMAT_NAMES, type FormatName } from '../../input/format-names.ts';
import { openInputs, type LogInputs } from '../../input/open-inputs.ts';
import { createZone, type Zone } from '../../input/zones.ts';
import { UserError } from '../../model/errors.ts';
import type { Needs } from '../../model/event.ts';
import type { Vocabulary } from '../../model/vocabulary.ts';
import {
  durationOption,
  kindOption,
  nodeFor,
  readColumnMap,
  valueFor,
  yearOption,
  type LogOptions,
} from '../input-options.ts';

/** What a run asks of whoever reads its inputs. */
export interface ReadDemands {
  readonly vocabulary: Vocabulary;
  readonly needs: Needs;
  /** Longer silences are reported as gaps. */
  readonly gapMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Where the logs of an earlier run ended: it tells the year of those that follow. */
  readonly afterMs?: number | undefined;
}

/**
 * Detects, dates and ranks inputs, to be read in this thread.
 *
 * @param isShared whether other threads are to see the batches
 * @throws {UserError} for a mistake in the options, or an input that nothing dates
 */
export function openHere(
  inputs: readonly Input[],
  options: LogOptions,
  demands: ReadDemands,
  isShared = false,
): Promise<LogInputs> {
  const years = yearOption(options.year);
  return openInputs(inputs, {
    ...demands,
    isShared,
    inferConnections: options.inferConnections,
    reorderMs: durationOption('--reorder', options.reorder),
    year: years.plain,
    yearFor: years.yearFor,
    zoneFor: zoneFinder(options.tz ?? []),
    nodeFor: (name) => nodeFor(options.node ?? [], name),
    inputFormat: formatOption(options.inputFormat),
    map: readColumnMap(options.map ?? []),
    defaultKind: kindOption(options.kind),
  });
}

export function formatOption(name: string | undefined): FormatName | undefined {
  if (name === undefined) return undefined;
  const known = FORMAT_NAMES.find((own) => own === name);
  if (known !== undefined) return known;
  const formats = `formats: ${FORMAT_NAMES.join(', ')}`;
  throw new UserError(`--input-format ${name}: no such format`, formats);
}

function zoneFinder(settings: readonly string[]): (name: string) => Zone {
  const zones = new Map<string, Zone>();
  const named = (zoneName: string): Zone => {
    const known = zones.get(zoneName) ?? createZone(zoneName);
    if (known === undefined) {
      throw new UserError(
        `--tz ${zoneName}: no such zone`,
        'an IANA name such as Europe/Berlin or UTC',
      );
    }
    zones.set(zoneName, known);
    return known;
  };
  for (const setting of settings) named(setting.slice(setting.lastIndexOf('=') + 1));
  return (name) => named(valueFor(settings, name) ?? 'UTC');
}
