import type { Run } from '../run.ts';
import {
  fail,
  type Binding,
  type BoundArgument,
  type CommandBinder,
  type CommandSet,
  type Site,
} from '../site.ts';
import { ByNode, notReplicated } from '../../momentum/by-node.ts';
import { TimedCache } from '../../momentum/timed-cache.ts';
import { textOf, type Value } from '../value.ts';
import { counterName } from './actions.ts';

/** `siv_throttle_cache_size` (momentum, 1.8): throttles of one kind that live at a time. */
const MOST_THROTTLES = 1000;
const SECOND_MS = 1000;

/** X in Y seconds, counted from its creation on. */
interface Throttle {
  readonly most: number;
  readonly intervalMs: number;
  /** When the interval at hand began. */
  beganMs: number;
  count: number;
}

type NamedThrottles = TimedCache<Throttle>;
const newThrottles = (): NamedThrottles => new TimedCache(MOST_THROTTLES);

/** The named throttles of a policy: `ec_shared_throttle_*` have names of their own. */
class Throttles {
  readonly own = new ByNode(newThrottles);
  readonly shared = new ByNode(newThrottles);
}

/** The throttles that a command means, at the event at hand. */
function throttlesOf(site: Site, binding: Binding): (run: Run) => NamedThrottles {
  const { own, shared } = binding.shared(Throttles);
  if (!isShared(site)) return ({ event }) => own.at(event);
  const scope = binding.world.audit.replication.throttles ? 'cluster' : 'node';
  return ({ event }) => shared.at(event, scope);
}

function isShared({ name }: Site): boolean {
  return name.startsWith('ec_shared_');
}

/** `X/Y`: X messages in Y seconds. */
function quotaOf(site: Site, value: Value | undefined): { most: number; seconds: number } {
  const text = textOf(value);
  const match = /^\s*(\d{1,15})\s*\/\s*(\d{1,9})\s*$/.exec(text);
  const seconds = Number(match?.[2] ?? 0);
  if (match === null || seconds === 0) {
    fail(site, `${site.name}: '${text.slice(0, 64)}' is no quota such as "30/60"`);
  }
  return { most: Number(match[1]), seconds };
}

const create: CommandBinder = (site, binding) => {
  const throttlesAt = throttlesOf(site, binding);
  const isAlone = isShared(site) && !binding.world.audit.replication.throttles;
  const [name, quota] = site.positional;
  return (run) => {
    if (isAlone) run.world.note(site, 'doubt', notReplicated('shared_named_throttles'));
    const { nowMs } = run.event;
    const throttles = throttlesAt(run);
    const text = textOf(name.get(run));
    if (throttles.get(text, nowMs) !== undefined) return undefined;
    const { most, seconds } = quotaOf(site, quota.get(run));
    const intervalMs = seconds * SECOND_MS;
    const throttle = { most, intervalMs, beganMs: nowMs, count: 0 };
    throttles.set(text, throttle, intervalMs + SECOND_MS, nowMs);
    return undefined;
  };
};

/** The throttle at the event at hand; undefined, and told, where none lives by that name. */
function throttleAt(
  run: Run,
  site: Site,
  throttles: NamedThrottles,
  name: BoundArgument,
): Throttle | undefined {
  const { nowMs } = run.event;
  const throttle = throttles.get(textOf(name.get(run)), nowMs);
  if (throttle === undefined) {
    run.world.note(site, 'doubt', 'no throttle lives by this name: nothing is counted');
    return undefined;
  }
  // It outlives its interval by a second, in which it counts anew.
  if (nowMs - throttle.beganMs >= throttle.intervalMs) {
    throttle.beganMs += throttle.intervalMs;
    throttle.count = 0;
  }
  return throttle;
}

function change(by: 1 | -1): CommandBinder {
  return (site, binding) => {
    const throttlesAt = throttlesOf(site, binding);
    const [name] = site.positional;
    return (run) => {
      const throttle = throttleAt(run, site, throttlesAt(run), name);
      if (throttle !== undefined) throttle.count = Math.max(0, throttle.count + by);
      return undefined;
    };
  };
}

const check: CommandBinder = (site, binding) => {
  const throttlesAt = throttlesOf(site, binding);
  const [name] = site.positional;
  return (run) => {
    const throttle = throttleAt(run, site, throttlesAt(run), name);
    return throttle !== undefined && throttle.count > throttle.most ? 'true' : 'false';
  };
};

/** Counts, and holds the session until the interval ends where that is above the quota. */
const tarpit: CommandBinder = (site, binding) => {
  const throttlesAt = throttlesOf(site, binding);
  const [name] = site.positional;
  const { world } = binding;
  const rule = world.declare(site, 'tarpit');
  return (run) => {
    const throttle = throttleAt(run, site, throttlesAt(run), name);
    if (throttle === undefined) return undefined;
    throttle.count++;
    if (throttle.count <= throttle.most) return undefined;
    world.count(run.slot, counterName(site, undefined), 'informational');
    const { beganMs, intervalMs } = throttle;
    const seconds = (beganMs + intervalMs - run.event.nowMs) / SECOND_MS;
    world.act(rule, { seconds });
    return undefined;
  };
};

export const THROTTLES: CommandSet = {
  commands: {
    ec_throttle_create: create,
    ec_throttle_inc: change(1),
    ec_throttle_dec: change(-1),
    ec_throttle_check: check,
    ec_throttle_tarpit: tarpit,
    ec_shared_throttle_create: create,
    ec_shared_throttle_inc: change(1),
    ec_shared_throttle_check: check,
    ec_shared_throttle_tarpit: tarpit,
  },
};
