import { SERVICES } from '../../model/event.ts';
import { formatMonitor, parseMonitor } from '../../model/monitor.ts';
import { parseNetwork } from '../../model/address.ts';
import { didYouMean } from '../../model/suggest.ts';
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
  if (text === undefined) return;
  const check = CHECKS[kind];
  check({ value, text, mistakes, wrong });
}

interface Literal {
  readonly value: Argument;
  readonly text: string;
  readonly mistakes: Mistakes;
  readonly wrong: (expected: string) => void;
}

const CHECKS: Readonly<
  Record<Exclude<GivenValue['kind'], 'any' | 'hash'>, (literal: Literal) => void>
> = {
  text: () => undefined,
  number: ({ text, wrong }) => {
    if (!/^-?\d+(?:\.\d+)?$/.test(text)) wrong('a number');
  },
  whole: ({ text, wrong }) => {
    if (!/^\d+$/.test(text)) wrong('a whole number, 0 or more');
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
  if (value.type === 'string' && parseMonitor(text) !== undefined) return;
  const hint = 'write the seconds and the number of windows in quotes: "300,6"';
  mistakes.add(value, 'monitor-wrong', [seenOf(value)], hint);
}

const MAX_MASK = 128;

/** Masks of series are written `"24"`, those of open connections `"/24"`; both are understood. */
function checkMask({ value, text, mistakes }: Literal): void {
  const digits = text.replace(/^\//, '');
  if (!/^\d{1,3}$/.test(digits) || Number(digits) > MAX_MASK) {
    mistakes.add(value, 'mask-wrong', [seenOf(value), '32, or 128 for IPv6']);
  } else if (digits !== text) {
    mistakes.add(value, 'mask-odd', [seenOf(value)], `write "${digits}"`);
  }
}

function checkBlock(literal: Literal): void {
  const { value, text, mistakes } = literal;
  if (/^\d+$/.test(text)) {
    checkMask(literal);
    if (Number(text) > MAX_MASK) return;
    mistakes.add(value, 'mask-odd', [seenOf(value)], `write "/${text}"`);
    return;
  }
  const slash = text.lastIndexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const network = parseNetwork(address);
  // A name would have to be looked up; this one needs no looking up.
  if (address !== '' && address !== 'localhost' && network === undefined) {
    const hint = 'write an address and a mask, "192.0.2.0/24", or a mask of the peer, "/24"';
    mistakes.add(value, 'address-wrong', [seenOf(value)], hint);
    return;
  }
  const most = network?.family === 4 ? 32 : MAX_MASK;
  const digits = slash === -1 ? '' : text.slice(slash + 1);
  if (/^\d{1,3}$/.test(digits) && Number(digits) <= most) return;
  const shown = network?.family === 4 ? '32' : '32, or 128 for IPv6';
  mistakes.add(
    value,
    'mask-wrong',
    [digits === '' ? seenOf(value) : `/${digits}`, shown],
    digits === '' && address !== ''
      ? `write "${address}/${network === undefined ? 32 : most}"`
      : undefined,
  );
}

function checkAddress({ value, text, mistakes }: Literal): void {
  if (!text.includes('/') && parseNetwork(text) !== undefined) return;
  mistakes.add(value, 'address-wrong', [seenOf(value)]);
}

function checkService({ value, text, mistakes }: Literal): void {
  if (SERVICES.some((one) => one === text)) return;
  const hint = didYouMean(text, SERVICES) ?? `services are ${SERVICES.join(', ')}`;
  mistakes.add(value, 'service-unknown', [seenOf(value)], hint);
}

/** The values that say which windows of a series are asked, as far as they are given. */
export interface AskedWindows {
  readonly monitor: Argument | undefined;
  readonly start: Argument | undefined;
  readonly end: Argument | undefined;
}

/** Windows are 0 to n-1; without `end` the start alone is asked, without both window 0. */
export function checkWindows({ monitor, start, end }: AskedWindows, mistakes: Mistakes): void {
  const written = literalOf(monitor);
  const known = written === undefined ? undefined : parseMonitor(written);
  const before = mistakes.errors;
  for (const value of [start, end]) {
    const window = wholeOf(value);
    if (value === undefined || window === undefined || known === undefined) continue;
    if (window >= 0 && window < known.windows) continue;
    const last = window === known.windows;
    const details = [String(window), formatMonitor(known), String(known.windows - 1)] as const;
    mistakes.add(value, last ? 'windows-last' : 'windows-outside', [...details]);
  }
  const [from, to] = [start === undefined ? 0 : wholeOf(start), wholeOf(end)];
  if (end === undefined || from === undefined || to === undefined) return;
  if (mistakes.errors > before || from <= to) return;
  const hint = 'window 0 is the present one, higher numbers lie before it';
  mistakes.add(end, 'windows-backwards', [String(from), String(to)], hint);
}

function wholeOf(value: Argument | undefined): number | undefined {
  const text = value?.type === 'number' ? String(value.value) : literalOf(value);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}
