import { readAddressText } from '../../../model/address.ts';
import { textAt } from '../arguments.ts';
import { patternsOf } from '../match.ts';
import type { Run } from '../run.ts';
import {
  bounded,
  fail,
  type CommandBinder,
  type CommandSet,
  type Site,
  type TestBinder,
} from '../site.ts';
import { isList, itemsOf, textOf } from '../value.ts';

function delimiterAt(site: Site): (run: Run) => string {
  const get = textAt(site, 0);
  return (run) => get(run) || fail(site, `${site.name}: the delimiter is empty`);
}

const split: CommandBinder = (site) => {
  const delimiter = delimiterAt(site);
  const text = textAt(site, 1);
  return (run) => text(run).split(delimiter(run));
};

const join: CommandBinder = (site) => {
  const delimiter = textAt(site, 0);
  const list = site.positional[1];
  return (run) => {
    const items = itemsOf(list.get(run));
    const between = delimiter(run);
    const length = items.reduce<number>((sum, item) => sum + String(item).length, 0);
    bounded(site, { length: length + between.length * items.length });
    return items.join(between);
  };
};

const reverse: CommandBinder = (site) => {
  const { get } = site.positional[0];
  return (run) => {
    const value = get(run);
    return isList(value) ? value.toReversed() : Array.from(textOf(value)).reverse().join('');
  };
};

const reverseParts: CommandBinder = (site) => {
  const get = delimiterAt(site);
  const text = textAt(site, 1);
  return (run) => {
    const delimiter = get(run);
    return text(run).split(delimiter).reverse().join(delimiter);
  };
};

const toLower: CommandBinder = (site) => {
  const text = textAt(site, 0);
  return (run) => text(run).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
};

/** What the pattern matched, and what each of its groups did; nothing where it does not match. */
function groupsOf(site: Site): (run: Run) => RegExpExecArray | null {
  const text = textAt(site, 0);
  const pattern = textAt(site, 1);
  const patternOf = patternsOf(site, false);
  return (run) => patternOf(pattern(run)).exec(text(run));
}

const pcreGroups: CommandBinder = (site) => {
  const groups = groupsOf(site);
  return (run) => Array.from(groups(run) ?? [], (group: string | undefined) => group ?? '');
};

const pcreMatches: TestBinder = (site) => {
  const groups = groupsOf(site);
  return (run) => groups(run) !== null;
};

/** Whether it is true of each address of a list, and the list is not empty. */
function everyAddress(holds: (text: string) => boolean): TestBinder {
  return (site) => {
    const { get } = site.positional[0];
    return (run) => {
      const items = itemsOf(get(run));
      return items.length > 0 && items.every((item) => holds(String(item)));
    };
  };
}

const scratch = new Int32Array(4);

function isAddress(text: string): boolean {
  return /^[\d.:a-f]{2,45}$/i.test(text) && readAddressText(text, scratch) !== 0;
}

/** An address, or one in brackets; of IPv6 also as `[IPv6:…]` (RFC 5321, section 4.1.3). */
function isLiteralAddress(text: string): boolean {
  const inside = /^\[(?:IPv6:(?=.*:))?(.*)\]$/i.exec(text);
  return isAddress(inside === null ? text : inside[1]);
}

export const STRINGS: CommandSet = {
  commands: {
    split,
    ec_explode: split,
    join,
    reverse,
    reverse_delim: reverseParts,
    ec_tolower: toLower,
    ec_pcre_match: pcreGroups,
  },
  tests: {
    ec_pcre_match: pcreMatches,
    is_valid_ip: everyAddress(isAddress),
    is_rfc821_ip: everyAddress(isLiteralAddress),
  },
};
