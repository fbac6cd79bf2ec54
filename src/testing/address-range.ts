import { formatNetwork, parseNetwork } from '../model/address.ts';

/** A range in the last part of an address: `192.0.2.{1..40}`, `2001:db8::{1..ff}`. */
const RANGE = /^(.*[.:])\{([0-9a-f]{1,4})\.\.([0-9a-f]{1,4})\}$/i;

/** The addresses that a text stands for, in order; a text when it is none, saying why. */
export function readRange(text: string): readonly string[] | string {
  const match = RANGE.exec(text);
  if (match === null) return isAddress(text) ? [text] : `'${text}' is not an address`;
  const [, front, from, to] = match;
  const base = front.endsWith('.') ? 10 : 16;
  const [first, last] = [from, to].map((end) => parseInt(end, base));
  const decimal = base === 16 || /^\d+$/.test(from + to);
  const ends = [first, last].map((end) => front + end.toString(base));
  if (!decimal || !ends.every(isAddress)) return `'${text}' is not a range of addresses`;
  if (first > last) return `the range '${text}' runs backwards`;
  return Array.from({ length: last - first + 1 }, (_, index) => {
    return front + (first + index).toString(base);
  });
}

function isAddress(text: string): boolean {
  const network = parseNetwork(text);
  return (
    network !== undefined && /\/(?:32|128)$/.test(formatNetwork(network)) && !text.includes('/')
  );
}
