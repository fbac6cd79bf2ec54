import type { Random } from './random.ts';

/** Pieces of every dialect's grammar, and bytes that no log should hold. */
const PIECES = [
  ['[', ']', '(', ')', '<', '>', '{', '}', ':', ';', ',', '=', '@', '|', '"', '\\', "'", ' '],
  ['\0', '\r', '\t', '\u001b', '\u00ff', '\ufeff', '\u0085', '-', '+', '.', '0', 'T', 'Z'],
  ['999999999999999999', '-1', '1e309', '0x', '2026-02-30', '24:00:60', 'Feb 29'],
  [' from ', ' to=<', ' helo=<', ' proto=', 'NOQUEUE: ', 'reject: ', 'status=sent ('],
  ['last message repeated 2 times', 'message repeated 3 times: [ ', '[1/2] ', '#011'],
  [' H=', ' F=<', ' A=', ' => ', ' <= ', ' ** ', ' [192.0.2.9]:25 ', 'rejected RCPT '],
  ['R="', 'C="', '@R@', '@T@', '"":', '\\u0000', '\\"', 'null', '[]', '""', 'e5', '+0100'],
  ['rip=', 'relay=', 'stat=', 'address=', 'result="', 'ip=', 'code=', 'uuid=', 'msg="'],
  ['2001:db8::1', '[IPv6:2001:db8:0:0:0:0:0:1]', '::ffff:192.0.2.1', '300.1.1.1'],
].flat();
const LONGEST = 4096;

/** A line with up to four places edited, or made of two lines; no line end is added. */
export function mutant(random: Random, lines: readonly string[]): string {
  let line = random.of(lines);
  if (random.below(10) === 0) {
    const other = random.of(lines);
    line = line.slice(0, random.below(line.length + 1)) + other.slice(random.below(other.length));
  }
  for (let edits = random.below(5); edits > 0; edits--) line = edited(random, line);
  return line.slice(0, LONGEST).replaceAll('\n', ' ');
}

function edited(random: Random, line: string): string {
  const at = random.below(line.length + 1);
  const front = line.slice(0, at);
  switch (random.below(6)) {
    case 0:
      return front + line.slice(at + random.below(12));
    case 1:
      return front;
    case 2:
      return front + line.slice(at, at + random.below(40)) + line.slice(at);
    case 3:
      return front + String.fromCharCode(random.below(256)) + line.slice(at + 1);
    default:
      return front + random.of(PIECES) + line.slice(at + (random.below(2) && random.below(12)));
  }
}

/** Addresses that no client has: whoever is blamed for one was made up by a client. */
export const FORGED = ['192.0.2.97', '192.0.2.98', '192.0.2.99', '2001:db8:bad::99'];

const WORDS = [
  ['a', '"', '\\', '\\"', '""', '<', '>', ';', ',', ':', ' ', '(', ')', '[', ']', '{', '}'],
  FORGED.flatMap((own) => [`x[${own}]`, `[${own}]`, `[${own}]:25`, `(${own})`, own]),
  ['; from=<', '> to=<', ' proto=SMTP', ' helo=<', ': 5.7.1 x', ', orig_client=d[192.0.2.99]'],
  [' from b[192.0.2.98]; from=<', 'NOQUEUE: reject: RCPT from c[192.0.2.97]: 550 ', '@'],
  [' H=x [192.0.2.97]', ' H=(x) [192.0.2.98]:1 I=[192.0.2.99]:25', ') [192.0.2.99] F=<', ' A='],
  [', rip=192.0.2.97, lip=', ' relay=x [192.0.2.98], ', ' address=192.0.2.99 ', ' ip=192.0.2.97 '],
  [
    '" R="192.0.2.97:25" C="1',
    '@192.0.2.98@',
    ']} CTXMESS=[',
    '","peer_address":{"addr":"192.0.2.97"',
  ],
  [
    ' rejected RCPT <x@y>',
    ' <= x H=y [192.0.2.99]',
    'connect from z[192.0.2.99]',
    ' = ',
    '\t',
    '%',
  ],
].flat();

/** What a hostile client might call itself, its sender or its recipient. */
export function chosenWords(random: Random): string {
  let text = '';
  for (let pieces = 1 + random.below(6); pieces > 0; pieces--) text += random.of(WORDS);
  return text;
}
