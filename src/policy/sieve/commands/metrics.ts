import type { BlockQuestion, MetricName, Scope } from '../../../engine/port.ts';
import { formatMonitor, parseMonitor, type Monitor } from '../../../model/monitor.ts';
import { notReplicated } from '../../momentum/by-node.ts';
import { prefixOf } from '../asked-block.ts';
import { askForPeer, countOf, isLiteral, madeAhead, namedIn, windowsOf } from '../question.ts';
import type { Run } from '../run.ts';
import {
  fail,
  type Binding,
  type CommandBinder,
  type CommandSet,
  type Getter,
  type Site,
} from '../site.ts';
import { textOf, type Hash, type Value } from '../value.ts';

/** A monitor of the configuration by its index, the first without one; in a hash by its text too. */
function monitorOf(site: Site, { world }: Binding, value: Value | undefined): Monitor {
  const { monitors } = world.audit;
  const text = textOf(value).trim();
  const isIndex = /^\d*$/.test(text);
  const written = isIndex ? undefined : parseMonitor(text);
  const wanted = written && formatMonitor(written);
  const found = isIndex
    ? monitors.at(Number(text))
    : monitors.find((monitor) => formatMonitor(monitor) === wanted);
  if (found !== undefined) return found;
  const shown = monitors.map((monitor) => `"${formatMonitor(monitor)}"`).join(' ');
  return fail(site, `${site.name}: no monitor '${text.slice(0, 64)}'; configured: ${shown}`);
}

/** The form with a hash: a plain sum over windows. */
function sum(run: Run, site: Site, binding: Binding, of: Asked, hash: Hash): string {
  const named = namedIn(hash);
  const monitor = monitorOf(site, binding, named('monitor'));
  const asked = binding.world.audit.metric(of.name, monitor, of.scope);
  const mask = prefixOf(site, textOf(named('mask')));
  const question = { of: asked, monitor, ...mask, ...windowsOf(site, named), address: undefined };
  return countOf(run, site, question);
}

/** A metric, of the node at hand or of the cluster. */
interface Asked {
  readonly name: MetricName;
  readonly scope: Scope;
}

/** What the sliding average needs: the counts of windows 0 and 1. */
interface Average {
  readonly monitor: Monitor;
  readonly bits: number | undefined;
  readonly now: BlockQuestion;
  readonly before: BlockQuestion;
}

function averageOf(
  site: Site,
  binding: Binding,
  of: Asked,
  index: Value | undefined,
  mask: Value | undefined,
): Average {
  const monitor = monitorOf(site, binding, index);
  const { prefix, bits } = prefixOf(site, textOf(mask));
  const asked = binding.world.audit.metric(of.name, monitor, of.scope);
  const now = asked.over(prefix, { start: 0, end: 0 });
  const before = asked.over(prefix, { start: 1, end: 1 });
  return { monitor, bits, now, before };
}

/**
 * The form with an index: the count of window 0 and that share of window 1 that lies less than an
 * interval back (momentum, 3.2); decimals are cut off.
 */
function average(site: Site, binding: Binding, of: Asked): Getter {
  const [index, mask] = site.positional;
  const fixed = isLiteral(site)
    ? madeAhead(() => averageOf(site, binding, of, index.literal, mask?.literal))
    : undefined;
  return (run) => {
    const { monitor, bits, now, before } =
      fixed ?? averageOf(site, binding, of, index.get(run), mask?.get(run));
    const { intervalMs } = monitor;
    const elapsedMs = run.event.nowMs % intervalMs;
    const present = askForPeer(run, site, bits, now);
    const left = (askForPeer(run, site, bits, before) * (intervalMs - elapsedMs)) / intervalMs;
    const weighted = binding.sliding === 'average' ? (present * elapsedMs) / intervalMs : present;
    return String(Math.trunc(weighted + left));
  };
}

function metric(of: Asked): CommandBinder {
  return (site, binding) => {
    const [first] = site.positional;
    const { replication } = binding.world.audit;
    const isAlone = of.scope === 'cluster' && replication[of.name] === undefined;
    const sliding = average(site, binding, of);
    const isPositional = site.positional.length > 1 || first.literal !== undefined;
    if (isPositional && !isAlone) return sliding;
    return (run) => {
      if (isAlone) run.world.note(site, 'doubt', notReplicated(of.name));
      const value = isPositional ? undefined : first.get(run);
      return value instanceof Map ? sum(run, site, binding, of, value) : sliding(run);
    };
  };
}

const NAMES = ['connections', 'receptions', 'rejections'] as const;

export const METRICS: CommandSet = {
  commands: Object.fromEntries(
    NAMES.flatMap((name) => [
      [`ec_ip_${name}`, metric({ name, scope: 'node' })],
      [`ec_ip_${name}_cluster`, metric({ name, scope: 'cluster' })],
    ]),
  ),
};
