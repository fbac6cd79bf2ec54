import { formatNetwork } from '../model/address.ts';
import { formatMonitor, type WindowRange } from '../model/monitor.ts';
import { formatIso } from '../model/time.ts';
import { visible } from '../model/visible.ts';
import type {
  CountedPart,
  ExplainedCondition,
  ExplainedEvent,
  ExplainedRule,
  Explanation,
  NotJudged,
  SettingChange,
  SourceLine,
} from '../simulate/explain/explanation.ts';
import { rounded } from './csv.ts';
import { clock, counted, grouped } from './plain-table.ts';
import { barOf, shownLine } from './timeline-table.ts';

/** Quiet windows in a row that are folded into one line. */
const FOLDED = 3;

/** An explanation as a terminal shows it. */
export function explanationTable(explanation: Explanation, ascii: boolean): string {
  const { event, refusedBy, rules } = explanation;
  const refused =
    refusedBy === undefined ? 'no rule refuses it' : `refused first by ${visible(refusedBy)}`;
  const parts = [eventText(event), `${refused}\n`];
  rules.forEach((rule, index) => parts.push(ruleText(rule, index + 1, ascii)));
  return parts.join('\n');
}

function eventText(event: ExplainedEvent): string {
  const { kind, ip, timeMs, phase, phases } = event;
  const whose = ip === '' ? '' : ` of ${ip}`;
  let text = `${kind}${whose} at ${formatIso(timeMs).replace('T', ' ').replace('Z', ' UTC')}\n`;
  const fields = {
    phase,
    'phases implied': phases.join(', '),
    node: event.node,
    session: event.session,
    'queue id': event.queueId,
    sender: event.sender,
    recipient: event.recipient,
    code: event.code,
    reason: event.reason,
    logged: event.logged,
  };
  for (const [name, value] of Object.entries(fields)) {
    if (value !== '') text += `  ${name.padEnd(16)}${visible(value)}\n`;
  }
  return text + lineText(event);
}

const lineText = ({ file, line, text }: SourceLine): string => `  ${shownLine(file, line, text)}`;

function ruleText(rule: ExplainedRule, number: number, ascii: boolean): string {
  const { name, verdict, fired, notJudged, conditions, lines } = rule;
  const head = `${number}  ${visible(name)} (${verdict}): `;
  if (notJudged !== undefined) return `${head}not judged, ${reasonText(notJudged)}\n`;
  let text = `${head}${fired ? 'FIRED' : 'did not fire'}`;
  const [first] = conditions;
  text += conditions.length === 1 ? `, ${answerText(first)}\n` : '\n';
  for (const condition of conditions) {
    if (conditions.length > 1) {
      text += `   ${condition.holds ? 'holds' : 'does not hold'}: ${answerText(condition)}\n`;
    }
    text += conditionText(condition, rule, ascii);
  }
  text += changesText(rule);
  if (lines.newest.length > 0) {
    const { length } = lines.newest;
    const which = length < lines.total ? `, the newest ${length} of ${grouped(lines.total)}` : '';
    text += `   log lines${which}:\n`;
    for (const line of lines.newest) text += `   ${lineText(line)}`;
  }
  return text;
}

/** Why a rule was not asked. */
function reasonText(why: NotJudged): string {
  switch (why.type) {
    case 'late':
      return 'the event is late';
    case 'ignored':
      return `${formatNetwork(why.network)} is ignored`;
    case 'kind':
      return `it counts ${why.kinds.join(', ')}`;
    case 'not-counted':
      return 'the event is not one that it counts';
    case 'phase':
      return `the event does not imply ${why.at}`;
    case 'network':
      return `${formatNetwork(why.network)} is exempt`;
    case 'domain':
      return `senders of ${visible(why.domain)} are exempt`;
  }
}

/** `7 > 5`, or what is missing. */
function answerText(condition: ExplainedCondition): string {
  const { form, count, limit, holds, missing, silent, min = 0, parts } = condition;
  if (holds) return `${grouped(count)} > ${rounded(limit, 3)}`;
  if (silent) return 'the log does not cover the windows before yet';
  const [name, least] = form === 'ratio' ? ['to ', parts[1].sum] : ['', count];
  const why =
    least < min
      ? `${name}${grouped(least)} is below min ${grouped(min)}`
      : `${grouped(count)} is not above ${rounded(limit, 3)}`;
  return missing === undefined ? why : `${why} (${grouped(missing)} more needed)`;
}

function conditionText(condition: ExplainedCondition, rule: ExplainedRule, ascii: boolean): string {
  const { parts, contributors } = condition;
  const [first, ...others] = parts.map((part) => partText(part, rule, ascii));
  return first + contributorsText(contributors) + others.join('');
}

function contributorsText(contributors: ExplainedCondition['contributors']): string {
  if (contributors === undefined || contributors.total === 0) return '';
  const { top, total } = contributors;
  const own = top.map(({ key, count }) => `${key} ${grouped(count)}`).join(', ');
  const others = total > top.length ? `, and ${grouped(total - top.length)} more` : '';
  return `     ${total === 1 ? 'address' : 'addresses'}: ${own}${others}\n`;
}

function partText(part: CountedPart, rule: ExplainedRule, ascii: boolean): string {
  const { role, what, monitor, range, sum, values } = part;
  const where = rule.node === undefined ? '' : ` on ${visible(rule.node)}`;
  const asked =
    range === undefined || monitor === undefined
      ? ''
      : `, ${rangeWords(range)} of "${formatMonitor(monitor)}"`;
  const name = role === 'count' || role === 'now' ? '' : `${role} `;
  let text = `   ${name}${countedText(what)} of ${visible(rule.key) || 'nobody'}${where}${asked}\n`;
  text += windowsText(part, ascii);
  const number = range === undefined ? 1 : range.end - range.start + 1;
  const mean = role === 'before' ? `, mean ${rounded(sum / number, 3)}` : '';
  text += `     ${values === undefined ? 'sum' : 'different values'} ${grouped(sum)}${mean}\n`;
  if (values !== undefined && values.total > 0) {
    const others = values.total - values.first.length;
    const more = others > 0 ? `, and ${grouped(others)} more` : '';
    text += `     values: ${values.first.map((value) => visible(value)).join(', ')}${more}\n`;
  }
  return text;
}

function countedText(what: CountedPart['what']): string {
  if (what.type === 'distinct') return `different ${what.field} (${what.on.join(', ')})`;
  if (what.type !== 'sessions') return visible(what.name);
  const listener = what.listener === undefined ? '' : `, ${visible(what.listener)}`;
  return `open sessions (${what.service}${listener})`;
}

/** Windows with numbers and bars, the newest first; quiet ones are folded. */
function windowsText(part: CountedPart, ascii: boolean): string {
  const { monitor, range, presentMs, windows } = part;
  if (monitor === undefined || range === undefined || presentMs === undefined) return '';
  let most = 0;
  let width = 1;
  for (const { count } of windows) {
    most = Math.max(most, count);
    width = Math.max(width, grouped(count).length);
  }
  const numberWidth = String(range.end).length;
  const line = (number: number, count: number): string => {
    const start = clock(presentMs - number * monitor.intervalMs);
    const bar = count > 0 ? barOf(count, most, ascii) : '';
    const cells = [
      String(number).padStart(numberWidth),
      start,
      grouped(count).padStart(width),
      bar,
    ];
    return `     ${cells.join('  ').trimEnd()}\n`;
  };
  let text = '';
  let next = range.start;
  const pass = (to: number): void => {
    if (to - next >= FOLDED) text += `     … ${counted(to - next, 'quiet window')} …\n`;
    else for (let number = next; number < to; number++) text += line(number, 0);
  };
  for (const { number, count } of windows) {
    pass(number);
    text += line(number, count);
    next = number + 1;
  }
  pass(range.end + 1);
  return text;
}

function rangeWords({ start, end }: WindowRange): string {
  return start === end ? `window ${start}` : `windows ${rangeText({ start, end })}`;
}

/** As a policy writes it. */
export function rangeText({ start, end }: WindowRange): string {
  return start === end ? String(start) : `${start}..${end}`;
}

function changesText({ fired, changes, conditions }: ExplainedRule): string {
  if (changes.length === 0) return '';
  const shown = changes.map(({ setting, condition, to, count }) => {
    const which =
      condition === undefined || conditions.length === 1 ? '' : ` in condition ${condition + 1}`;
    const asks = setting === 'windows' || setting === 'ipv4' || setting === 'ipv6';
    const then = asks ? ` (count ${grouped(count)})` : '';
    return `${settingText(setting, to)}${which}${then}`;
  });
  return `   ${fired ? 'not fired' : 'fired'} with ${shown.join('; or ')}\n`;
}

function settingText(setting: SettingChange['setting'], to: SettingChange['to']): string {
  const value = typeof to === 'number' ? String(to) : rangeText(to);
  return setting === 'ipv4' || setting === 'ipv6'
    ? `per: { ${setting}: ${value} }`
    : `${setting}: ${value}`;
}
