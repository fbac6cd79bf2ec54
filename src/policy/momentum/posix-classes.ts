/** Inclusive ranges of code points. */
type Ranges = readonly (readonly [number, number])[];

const DIGIT: Ranges = [[48, 57]];
const UPPER: Ranges = [[65, 90]];
const LOWER: Ranges = [[97, 122]];
const HIGHEST = 0x10_ffff;

/** `[:name:]` of a PCRE, over ASCII; ranges in ascending order. */
const CLASSES: ReadonlyMap<string, Ranges> = new Map<string, Ranges>([
  ['alnum', [...DIGIT, ...UPPER, ...LOWER]],
  ['alpha', [...UPPER, ...LOWER]],
  ['ascii', [[0, 127]]],
  [
    'blank',
    [
      [9, 9],
      [32, 32],
    ],
  ],
  [
    'cntrl',
    [
      [0, 31],
      [127, 127],
    ],
  ],
  ['digit', DIGIT],
  ['graph', [[33, 126]]],
  ['lower', LOWER],
  ['print', [[32, 126]]],
  [
    'punct',
    [
      [33, 47],
      [58, 64],
      [91, 96],
      [123, 126],
    ],
  ],
  [
    'space',
    [
      [9, 13],
      [32, 32],
    ],
  ],
  ['upper', UPPER],
  ['word', [...DIGIT, ...UPPER, [95, 95], ...LOWER]],
  ['xdigit', [...DIGIT, [65, 70], [97, 102]]],
]);

/** What stands for a POSIX class between the brackets of a JavaScript one; undefined: no such. */
export function posixClass(name: string, negated: boolean): string | undefined {
  const ranges = CLASSES.get(name);
  if (ranges === undefined) return undefined;
  return (negated ? complementOf(ranges) : ranges).map(([low, high]) => shown(low, high)).join('');
}

function complementOf(ranges: Ranges): Ranges {
  const gaps: (readonly [number, number])[] = [];
  let from = 0;
  for (const [low, high] of ranges) {
    if (low > from) gaps.push([from, low - 1]);
    from = high + 1;
  }
  return [...gaps, [from, HIGHEST]];
}

function shown(low: number, high: number): string {
  const code = (value: number): string => `\\u{${value.toString(16)}}`;
  return low === high ? code(low) : `${code(low)}-${code(high)}`;
}
