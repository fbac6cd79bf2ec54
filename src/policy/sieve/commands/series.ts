import type { AskableSeries } from '../../../engine/port.ts';
import { parseMonitor, type Monitor } from '../../../model/monitor.ts';
import type { Replicate } from '../../../model/replication.ts';
import { notReplicated } from '../../momentum/by-node.ts';
import { addressOf, prefixOf } from '../asked-block.ts';
import {
  countAhead,
  countOf,
  hashOf,
  isLiteral,
  madeAhead,
  namedAt,
  namedIn,
  wholeOf,
  windowsOf,
  type Named,
  type Question,
} from '../question.ts';
import type { Run } from '../run.ts';
import { fail, type Binding, type CommandBinder, type CommandSet, type Site } from '../site.ts';
import { textOf, type Value } from '../value.ts';

const ASKED = ['series', 'monitor', 'mask', 'period_start', 'period_end'];
const ADDED = ['series', 'monitor', 'count'];

function monitorOf(site: Site, named: Named): Monitor {
  const text = textOf(named('monitor'));
  const monitor = parseMonitor(text);
  return monitor ?? fail(site, `${site.name}: '${text.slice(0, 64)}' is no monitor`);
}

function seriesOf(site: Site, { world }: Binding, named: Named): AskableSeries {
  const name = textOf(named('series'));
  if (name === '') fail(site, `${site.name}: the name of the series is empty`);
  return world.audit.series(name, monitorOf(site, named));
}

function questionOf(site: Site, binding: Binding, named: Named): Question {
  const ip = named('ip');
  const address = ip === undefined ? undefined : addressOf(site, textOf(ip));
  const of = seriesOf(site, binding, named);
  const monitor = monitorOf(site, named);
  const mask = prefixOf(site, textOf(named('mask')), address);
  return { of, monitor, ...mask, ...windowsOf(site, named), address };
}

/** `audit_series name monitor mask [start [end]]`, before 3.0 with `:ip`; or a hash. */
const auditSeries: CommandBinder = (site, binding) => {
  const ip = site.tags.get('ip');
  const named = (run: Run): Named => {
    const given =
      site.positional.length === 1
        ? namedIn(hashOf(site, site.positional[0], run))
        : namedAt(run, site, ASKED);
    return (name) => (name === 'ip' && ip !== undefined ? ip.get(run) : given(name));
  };
  const fixed = isLiteral(site)
    ? madeAhead(() => questionOf(site, binding, literals(site, ASKED)))
    : undefined;
  if (fixed !== undefined) return countAhead(site, fixed);
  return (run) => countOf(run, site, questionOf(site, binding, named(run)));
};

function literals(site: Site, names: readonly string[]): Named {
  return (name) =>
    name === 'ip' ? site.tags.get('ip')?.literal : site.positional.at(names.indexOf(name))?.literal;
}

const REPLICATED: ReadonlyMap<number, Replicate> = new Map([
  [0, 'none'],
  [1, 'cluster'],
  [-1, 'manager'],
]);

/** Where an add goes; what nothing replicates stays on its node (semantics, section 7). */
function replicateOf(site: Site, run: Run, value: Value | undefined): Replicate {
  const number = wholeOf(site, 'replicate', value, 0);
  const replicate = REPLICATED.get(number);
  if (replicate === undefined) fail(site, `${site.name}: replicate is 0, 1 or -1, not ${number}`);
  const { series, manager } = run.world.audit.replication;
  const delayMs = replicate === 'cluster' ? series : manager;
  if (replicate !== 'none' && delayMs === undefined) {
    run.world.note(site, 'doubt', notReplicated(`audit_series to the ${replicate}`));
  }
  return replicate;
}

/** `audit_series_add name monitor [amount]`, or a hash: to window 0 of the peer or of `ip`. */
const auditSeriesAdd: CommandBinder = (site, binding) => {
  const { positional } = site;
  const isHash = positional.length === 1;
  const fixed = isLiteral(site)
    ? madeAhead(() => seriesOf(site, binding, literals(site, ADDED)))
    : undefined;
  return (run) => {
    const named = isHash ? namedIn(hashOf(site, positional[0], run)) : namedAt(run, site, ADDED);
    const amount = wholeOf(site, 'count', named('count'), 1);
    const series = fixed ?? seriesOf(site, binding, named);
    if (isHash && textOf(named('serialize')) === '1') series.serialize();
    const replicate = isHash ? replicateOf(site, run, named('replicate')) : 'none';
    const ip = isHash ? named('ip') : undefined;
    if (ip !== undefined) {
      const { family, words } = addressOf(site, textOf(ip));
      series.add(family, words, 0, amount, replicate);
      return undefined;
    }
    const { batch, row } = run.event;
    if (batch.family[row] === 0) {
      run.world.note(site, 'doubt', 'the log does not name the peer: nothing is added');
    } else series.add(batch.family[row], batch.ip, row * 4, amount, replicate);
    return undefined;
  };
};

export const SERIES: CommandSet = {
  commands: { audit_series: auditSeries, audit_series_add: auditSeriesAdd },
};
