import { numberOf } from '../arguments.ts';
import { RandomNumbers } from '../../random-numbers.ts';
import { sixDecimals } from '../six-decimals.ts';
import { fail, type CommandBinder, type CommandSet, type Site } from '../site.ts';
import { isList } from '../value.ts';

type Operation = (left: number, right: number, site: Site) => number;

/** Takes the numbers from left to right: `ec_sub 9 2 3` is 4. */
function fold(operation: Operation, shown: (result: number) => string): CommandBinder {
  return (site) => {
    const [first, ...others] = site.positional;
    return (run) => {
      let result = numberOf(site, first.get(run), run);
      for (let at = 0; at < others.length; at++) {
        result = operation(result, numberOf(site, others[at].get(run), run), site);
      }
      if (!Number.isFinite(result)) fail(site, `${site.name}: the result is too big`);
      return shown(result);
    };
  };
}

function round(rounded: (number: number) => number): CommandBinder {
  return (site) => {
    const { get } = site.positional[0];
    return (run) => {
      const number = numberOf(site, get(run), run);
      if (!Number.isFinite(number)) fail(site, `${site.name}: the number is too big`);
      return sixDecimals(rounded(number));
    };
  };
}

const divide: Operation = (left, right, site) =>
  right === 0 ? fail(site, 'ec_div: division by zero') : left / right;

/** Of whole numbers, decimals being cut off; with the sign of the left one. */
const remainder: Operation = (left, right, site) => {
  const divisor = Math.trunc(right);
  return divisor === 0 ? fail(site, 'ec_mod: division by zero') : Math.trunc(left) % divisor;
};

function awayFromZero(number: number): number {
  return number < 0 ? Math.floor(number) : Math.ceil(number);
}

/** Halves go to the even neighbour, which is how C rounds unless told otherwise. */
function toNearest(number: number): number {
  const below = Math.floor(number);
  const above = number - below;
  const isUp = above > 0.5 || (above === 0.5 && below % 2 !== 0);
  const nearest = isUp ? below + 1 : below;
  return nearest === 0 && (number < 0 || Object.is(number, -0)) ? -0 : nearest;
}

const random: CommandBinder = (site, binding) => {
  const { get } = site.positional[0];
  const numbers = binding.shared(RandomNumbers);
  return (run) => {
    const given = get(run);
    if (isList(given)) {
      return given.length === 0
        ? fail(site, 'ec_rand: the list is empty')
        : given[numbers.below(given.length)];
    }
    const count = Math.trunc(numberOf(site, given, run));
    if (!(count >= 1 && count <= Number.MAX_SAFE_INTEGER)) {
      fail(site, `ec_rand: there is no whole number from 0 to ${count} - 1`);
    }
    return numbers.below(count);
  };
};

export const NUMBERS: CommandSet = {
  commands: {
    ec_add: fold((left, right) => left + right, sixDecimals),
    ec_sub: fold((left, right) => left - right, sixDecimals),
    ec_mul: fold((left, right) => left * right, sixDecimals),
    ec_div: fold(divide, sixDecimals),
    ec_mod: fold(remainder, (result) => String(BigInt(result))),
    ec_ceil: round(Math.ceil),
    ec_floor: round(Math.floor),
    ec_round: round(awayFromZero),
    ec_trunc: round(Math.trunc),
    ec_nearbyint: round(toNearest),
    ec_rand: random,
  },
};
