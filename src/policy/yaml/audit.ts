/** What the policy says of the audit engine itself, held against a configuration beside it. */
import {
  DEFAULT_MONITOR,
  formatMonitor,
  MAX_INTERVAL_S,
  type Monitor,
} from '../../model/monitor.ts';
import type { Given } from '../audit-settings.ts';
import type { Mistakes } from './mistakes.ts';
import type { Declared } from './quantities.ts';
import { mapping, numberSchema, someSchema, type KeyTable, type NumberShape } from './key-table.ts';
import { MONITOR_SCHEMA, readMonitor } from './series.ts';
import { checkKeys, mapOf, numberOf, someOf, valueAt } from './shape.ts';
import type { Value } from './tree.ts';

const WHOLE_SECONDS: NumberShape = {
  words: `whole seconds, 1 to ${MAX_INTERVAL_S}`,
  whole: true,
  from: 1,
  to: MAX_INTERVAL_S,
};
const AUDIT_KEYS: KeyTable = {
  maintenance_interval: {
    about: 'How often a running server writes the series that persist, in seconds.',
    value: numberSchema(WHOLE_SECONDS),
  },
};

export const MONITORS_SCHEMA = someSchema(MONITOR_SCHEMA);
export const AUDIT_SCHEMA = mapping(AUDIT_KEYS);

/** `monitors:`; without the key those of the configuration, and without one the default. */
export function readMonitors(
  mistakes: Mistakes,
  value: Value | undefined,
  configured: Given<readonly Monitor[]> | undefined,
): Pick<Declared, 'monitors' | 'monitorsKnown' | 'monitorsAt'> {
  const standIn = configured?.value ?? [DEFAULT_MONITOR];
  if (value === undefined) {
    return { monitors: standIn, monitorsKnown: true, monitorsAt: configured?.at };
  }
  const before = mistakes.errors;
  const items = someOf(mistakes, value, "'monitors'").map((item) => readMonitor(mistakes, item));
  const given = items.filter((monitor) => monitor !== undefined);
  if (mistakes.errors > before) {
    return { monitors: standIn, monitorsKnown: false, monitorsAt: undefined };
  }
  // A monitor named twice is one monitor.
  const monitors = [...new Map(given.map((one) => [formatMonitor(one), one])).values()];
  const monitorsKnown = configured === undefined || shown(monitors) === shown(configured.value);
  if (!monitorsKnown) {
    const other = { value: shown(configured.value), at: configured.at };
    addDiffers(mistakes, value, 'monitors', shown(monitors), other);
  }
  return { monitors, monitorsKnown, monitorsAt: undefined };
}

/** `audit: { maintenance_interval: … }` in milliseconds; undefined when nobody gives one. */
export function readMaintenance(
  mistakes: Mistakes,
  value: Value | undefined,
  configured: Given<number> | undefined,
): number | undefined {
  const map = value && mapOf(mistakes, value, "'audit'");
  if (map !== undefined) checkKeys(mistakes, map, AUDIT_KEYS, "'audit'");
  const interval = map && valueAt(map, 'maintenance_interval');
  if (interval === undefined) return configured?.value;
  const seconds = numberOf(mistakes, interval, "'maintenance_interval'", WHOLE_SECONDS);
  if (seconds === undefined) return undefined;
  if (configured !== undefined && configured.value !== seconds * 1000) {
    const other = { value: String(configured.value / 1000), at: configured.at };
    addDiffers(mistakes, interval, 'maintenance_interval', String(seconds), other);
  }
  return seconds * 1000;
}

function addDiffers(
  mistakes: Mistakes,
  value: Value,
  key: string,
  here: string,
  configured: Given<string>,
): void {
  const hint = `given at ${configured.at}, which holds where the policy is silent`;
  mistakes.add(value, 'config-differs', [`'${key}'`, here, configured.value], hint);
}

/** `"300,6" "1800,4"`, in order: the first is the default. */
function shown(monitors: readonly Monitor[]): string {
  return monitors.map((monitor) => `"${formatMonitor(monitor)}"`).join(' ');
}
