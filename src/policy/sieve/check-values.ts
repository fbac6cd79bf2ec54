import { SERVICES } from '../../model/event.ts';
import { parseMonitor } from '../../model/monitor.ts';
import { didYouMean } from '../../model/suggest.ts';
import { checkAddress, checkBlock, checkMask, type Literal } from './check-masks.ts';
import type { Mistakes } from './mistakes.ts';
import { COMPARATORS, RELATIONS, type ValueKind } from './signature.ts';
import { literalOf, seenOf, type Argument } from './tree.ts';

/** An argument that is given for a parameter, a key of a hash or a tag. */
interface GivenValue {
  readonly name: string;
  readonly kind: ValueKind | 'relation' | 'comparator';
  readonly value: Argument;
}

/** Holds a literal against what its place takes. Variables hold what they hold at run time. */
export function checkValue({ name, kind, value }: GivenValue, mistakes: Mistakes): void {
  if (value.type === 'variable' || value.type === 'element') return;
  const wrong = (expected: string): void => {
    mistakes.add(value, 'type-wrong', [name, expected, seenOf(value)]);
  };
  if (kind === 'any') return;
  if (kind === 'hash') {
    wrong('a variable that holds a hash');
    return;
  }
  if (value.type === 'list') {
    wrong('one value');
    return;
  }
  const text = value.type === 'number' ? String(value.value) : literalOf(value);
  const given = text ?? spoiltText(value, kind);
  if (given === undefined) return;
  const check = CHECKS[kind];
  check({ value, text: given, mistakes, wrong });
}

/** What no value of a kind may hold; it stays wrong whatever the variables beside it hold. */
const SPOILS: Partial<Record<GivenValue['kind'], RegExp>> = {
  number: /[^-\d.]/,
  index: /\D/,
  window: /[^-\d]/,
  code: /\D/,
  quota: /[^\d/]|\/.*\//,
  monitor: /[^\d\s,]|,.*,/s,
  configured: /[^\d\s,]|,.*,/s,
  mask: /[^\d/]|.\//,
};

/** The text around variables, when no value of the variables makes the whole a sound one. */
function spoiltText(value: Argument, kind: GivenValue['kind']): string | undefined {
  if (value.type !== 'string') return undefined;
  const around = value.parts.map((part) => (part.type === 'literal' ? part.text : '')).join('');
  return SPOILS[kind]?.test(around) === true ? around : undefined;
}

const CHECKS: Readonly<
  Record<Exclude<GivenValue['kind'], 'any' | 'hash'>, (literal: Literal) => void>
> = {
  text: () => undefined,
  number: ({ text, wrong }) => {
    if (!/^-?\d+(?:\.\d+)?$/.test(text)) wrong('a number');
  },
  index: ({ text, wrong }) => {
    if (!/^\d+$/.test(text)) wrong('the position of a monitor, 0 or more');
  },
  window: ({ text, wrong }) => {
    if (!/^-?\d+$/.test(text)) wrong('the number of a window');
  },
  code: ({ text, wrong }) => {
    if (!/^[245]\d\d$/.test(text)) wrong('a reply code, such as 421');
  },
  quota: ({ text, wrong }) => {
    if (!/^\d+\/\d+$/.test(text)) wrong('a quota "amount/seconds"');
  },
  series: checkSeries,
  monitor: checkMonitor,
  configured: checkConfiguredMonitor,
  mask: checkMask,
  block: checkBlock,
  address: checkAddress,
  service: checkService,
  relation: ({ value, text, mistakes }) => {
    if (RELATIONS.some((one) => one === text)) return;
    const hint = didYouMean(text, RELATIONS) ?? `relations are ${RELATIONS.join(', ')}`;
    mistakes.add(value, 'relation-unknown', [seenOf(value)], hint);
  },
  comparator: ({ value, text, mistakes }) => {
    if (COMPARATORS.some((one) => one === text)) return;
    const hint = didYouMean(text, COMPARATORS) ?? `comparators are ${COMPARATORS.join(', ')}`;
    mistakes.add(value, 'comparator-unknown', [seenOf(value)], hint);
  },
};

function checkSeries({ value, text, mistakes, wrong }: Literal): void {
  if (value.type === 'number') wrong('a name');
  else if (text.trim() === '') mistakes.add(value, 'series-unnamed', []);
}

function checkMonitor({ value, text, mistakes }: Literal): void {
  if (isMonitor(value, text)) return;
  const hint = 'write the seconds and the number of windows in quotes: "300,6"';
  mistakes.add(value, 'monitor-wrong', [seenOf(value)], hint);
}

function checkConfiguredMonitor(literal: Literal): void {
  const { value, text, mistakes } = literal;
  if (isMonitor(value, text) || !/^\d+$/.test(text)) {
    checkMonitor(literal);
    return;
  }
  const hint = 'a hash holds the monitor itself, "300,6"; its position is for the other form';
  mistakes.add(value, 'monitor-wrong', [seenOf(value)], hint);
}

function isMonitor(value: Argument, text: string): boolean {
  return value.type === 'string' && parseMonitor(text) !== undefined;
}

function checkService({ value, text, mistakes }: Literal): void {
  if (SERVICES.some((one) => one === text)) return;
  const hint = didYouMean(text, SERVICES) ?? `services are ${SERVICES.join(', ')}`;
  mistakes.add(value, 'service-unknown', [seenOf(value)], hint);
}
