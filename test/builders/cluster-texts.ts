import { formatMonitor } from '../../src/model/monitor.ts';
import type { Replicate } from '../../src/model/replication.ts';
import {
  seriesName,
  stepsOf,
  windowsOf,
  type AskStep,
  type ClusterPolicy,
  type ClusterStep,
  type StepPlace,
} from './cluster-plans.ts';

// A policy of several nodes, written as Sieve++ scripts, as a Lua module and as YAML rules. Scripts
// log what they are told as `number answer`, the number being that of the step.

const REPLICATE: Readonly<Record<Replicate, string>> = { none: '0', cluster: '1', manager: '-1' };

/** A hash of its own for each step: what is set in one is checked for all commands that take it. */
const hash = (
  name: string,
  values: Readonly<Record<string, string | number | undefined>>,
): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .reduce(
      (text, [key, value]) => `${text} hash_set ${name} "${key}" "${value}";`,
      `${name} = hash_create;`,
    );

function sieveAsk(policy: ClusterPolicy, step: AskStep, index: number): string {
  const h = `$h${index}`;
  const { mask } = step;
  if (step.type === 'sessions') {
    const block = mask === undefined ? '%{spfv1:c}' : `/${mask}`;
    const asked = step.of === 'listener' ? 'on_listener' : `service "${step.of}"`;
    return `($n) = ${step.of === 'listener' ? 'audit_connections_' : 'audit_'}${asked} "${block}";`;
  }
  const { start, end } = windowsOf(policy, step);
  const asked = { period_start: start, period_end: end, mask };
  if (step.type === 'metric') {
    const monitor = formatMonitor(policy.monitors[step.monitor]);
    const command = `ec_ip_${step.metric}${step.view === 'cluster' ? '_cluster' : ''}`;
    return `${hash(h, { monitor, ...asked })} $n = ${command} ${h};`;
  }
  const name = seriesName(step.series);
  const monitor = formatMonitor(policy.series[step.series].monitor);
  return step.isShort && mask !== undefined
    ? `$n = audit_series "${name}" "${monitor}" "${mask}" ${start} ${end};`
    : `${hash(h, { series: name, monitor, ...asked })} $n = audit_series ${h};`;
}

function sieveStep(policy: ClusterPolicy, step: ClusterStep, index: number): string {
  if (step.type === 'remove') return '';
  if (step.type !== 'add') return `${sieveAsk(policy, step, index)} ec_log "${index} \${n}";`;
  const name = seriesName(step.series);
  const monitor = formatMonitor(policy.series[step.series].monitor);
  const { amount } = step;
  if (step.isShort && step.replicate === 'none') {
    return `audit_series_add "${name}" "${monitor}" ${amount};`;
  }
  const replicate = REPLICATE[step.replicate];
  return `${hash(`$h${index}`, { series: name, monitor, count: amount, replicate })} audit_series_add $h${index};`;
}

/** Scripts by slot. */
export function sieveOf(policy: ClusterPolicy): Record<string, string> {
  const textAt = (place: StepPlace): string =>
    stepsOf(policy)
      .map((step, index) => (step.at === place ? sieveStep(policy, step, index) : ''))
      .join('\n');
  // No script runs at the end of a session.
  return { connect: textAt('connect'), rcptto: textAt('rcptto') };
}

/** Texts that Lua adds to a string series, by the number of the step. */
export const textKey = (index: number): string => `text${index % 2}`;

function luaAsk(policy: ClusterPolicy, step: AskStep, index: number): string {
  const key = step.mask === undefined ? 'nil' : `"/${step.mask}"`;
  if (step.type === 'sessions') {
    if (step.of === 'listener') return 'ac:inbound_session_count()';
    return `msys.audit.inbound_session_count(${step.mask === undefined ? 'ac' : key}, "${step.of}")`;
  }
  const { start, end } = windowsOf(policy, step);
  const span = `startv = ${start}, endv = ${end}`;
  if (step.type === 'metric') {
    const monitor = formatMonitor(policy.monitors[step.monitor]);
    const cluster = step.view === 'cluster' ? ', cluster = true' : '';
    return `msys.audit.${step.metric}("${monitor}", { ${span}, cidr = ${key}${cluster} })`;
  }
  const isText = policy.series[step.series].type === 'string';
  const asked = isText ? `"${textKey(index)}"` : key;
  return `msys.audit_series.count("${seriesName(step.series)}", { ${span}, key = ${asked} })`;
}

function luaStep(policy: ClusterPolicy, step: ClusterStep, index: number): string {
  if (step.type === 'remove') return luaRemove(policy, step, index);
  if (step.type !== 'add') return `print(${index} .. " " .. ${luaAsk(policy, step, index)})`;
  const isText = policy.series[step.series].type === 'string';
  const key = isText ? `, key = "${textKey(index)}"` : '';
  return `msys.audit_series.add("${seriesName(step.series)}", { count = ${step.amount}${key} })`;
}

function luaRemove(
  { series }: ClusterPolicy,
  step: ClusterStep & { readonly type: 'remove' },
  index: number,
): string {
  const block = step.mask === undefined ? 'nil' : `"/${step.mask}"`;
  const key = series[step.series].type === 'string' ? `"${textKey(index)}"` : block;
  return `msys.audit_series.remove_item("${seriesName(step.series)}", ${key})`;
}

const HOOKS: Readonly<Record<StepPlace, string>> = {
  connect: 'validate_connect(ac, vctx)',
  rcptto: 'validate_rcptto(msg, str, ac, vctx)',
  end: 'validate_dealloc()',
};

export function luaOf(policy: ClusterPolicy): string {
  const defines = policy.series.map(({ type, monitor, replicate }, index) => {
    const own = formatMonitor(monitor);
    return `  msys.audit_series.define("${seriesName(index)}", "${type}", ${own}, { replicate = "${replicate}" })`;
  });
  const hooks = Object.entries(HOOKS).map(([place, hook]) => {
    const own = stepsOf(policy).map((step, index) =>
      step.at === place ? `  ${luaStep(policy, step, index)}\n` : '',
    );
    return `function mod:${hook}\n${own.join('')}  return msys.core.VALIDATE_CONT\nend\n`;
  });
  return `local mod = {}
function mod:init()
${defines.join('\n')}
  return true
end
${hooks.join('')}msys.registerModule("cluster", mod)
`;
}

/** A rule for each question; what stands at the end of a session is judged where it counts. */
export function yamlOf(policy: ClusterPolicy): string {
  const monitors = policy.monitors.map((monitor) => `"${formatMonitor(monitor)}"`);
  const series = policy.series.map(({ type, monitor, kinds, amount, replicate }, index) => {
    const key = type === 'string' ? ', key: recipient' : '';
    const own = formatMonitor(monitor);
    return `  ${seriesName(index)}: { type: ${type}, monitor: "${own}", on: [${kinds.join(', ')}], amount: ${amount}, replicate: ${replicate}${key} }`;
  });
  const rules = stepsOf(policy).flatMap((step, index) => {
    if (step.type === 'add' || step.type === 'remove') return [];
    const asked: string[] = [`above: ${step.above}`, `then: tag`];
    if (step.scope === 'node') asked.push('scope: node');
    if (step.at !== 'end') asked.push(`at: ${step.type === 'sessions' ? 'connect' : step.at}`);
    const type = step.type === 'series' ? policy.series[step.series].type : 'ip';
    if (type !== 'string') asked.push(`per: ${perOf(type, step.mask)}`);
    if (step.type === 'sessions') asked.push(`count: sessions`, `service: ${serviceOf(step.of)}`);
    else {
      const { start, end } = windowsOf(policy, step);
      asked.push(`windows: ${start}..${end}`);
      if (step.type === 'series') asked.push(`count: ${seriesName(step.series)}`);
      else asked.push(`count: ${step.metric}`, `monitor: ${monitors[step.monitor]}`);
    }
    return [`  - { name: r${index}, ${asked.join(', ')} }`];
  });
  return `hindcast: 1
monitors: [${monitors.join(', ')}]
series:
${series.join('\n')}
rules:${rules.length === 0 ? ' []' : `\n${rules.join('\n')}`}
`;
}

/** What YAML asks of sessions has no name for the cluster. */
export const serviceOf = (of: string): string => (of === 'ECStream' ? of : 'SMTP');

function perOf(type: string, mask: number | undefined): string {
  if (mask === undefined) return 'address';
  const families = { cidr: [4], cidr_ipv6: [6] }[type] ?? [4, 6];
  return `{ ${families.map((family) => `ipv${family}: ${mask}`).join(', ')} }`;
}
