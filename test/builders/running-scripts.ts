import * as fc from 'fast-check';

import { COMMANDS } from '../../src/policy/sieve/command-table.ts';
import {
  COMPARATORS,
  RELATIONS,
  type CommandFacts,
  type Parameter,
  type ValueKind,
} from '../../src/policy/sieve/signature.ts';

/** Files that the scripts include and ask, by name. */
export const RUN_FILES: Readonly<Record<string, string>> = {
  'inner.siv': '$s = "${s}${s}"; $l = [$l, $l, $n]; if true { ec_log "${s}"; }',
  'end.siv': 'ec_action "550" "no" "ended";',
  'self.siv': 'ec_include "self.siv"; ec_include "self.siv";',
  'bad.siv': 'if { ]',
  'list.txt': '192.0.2.0/24\n!192.0.2.7\n:127.0.0.3:is $\n2001:db8::/32\nnonsense\n',
};

export const RUN_ANSWERS = 'example.com a 192.0.2.1\nexample.com mx 10 mx.example.com\n';

/** Variables that the prelude sets, each of another kind, and one that it does not set. */
const PRELUDE = `$s = "a text";
$n = 7;
$d = -8.5;
$e = "";
$l = ["192.0.2.7", "5", $n];
$o = [];
$h = hash_create;
hash_set $h "series" "refused";
hash_set $h "monitor" "\${m}";
hash_set $h "cidrname" "list";
hash_set $h "dstype" "rbldnsd";
hash_set $h "query" "list.txt?want=txt";
hash_set $h "l" $l;
$c = hash_create;
hash_set $c "self" $c;
`;
const names = fc.constantFrom('s', 'n', 'd', 'e', 'l', 'o', 'h', 'c', 'x', 'y', 'unset');

const WILD = [
  '',
  '0',
  '-1',
  '1e400',
  '9'.repeat(400),
  '300,6',
  '60,2',
  '0,0',
  '24',
  '/24',
  '129',
  '192.0.2.0/24',
  '2001:db8::/32',
  'list',
  'list.txt',
  'inner.siv',
  'self.siv',
  'missing.siv',
  'bad.siv',
  'SMTP',
  'inbound_cidr',
  '5/3',
  '0/0',
  '550',
  '421',
  'continue',
  'fail',
  'from',
  'to',
  'mx',
  'example.com',
  'a@example.com',
  '(',
  '[[:alpha:]]+(x)?',
  '(?<a>.)\\\\1',
  '*?*\\\\*',
  'ü\u{1f600}\u0000\r\n',
  '__proto__',
  'length',
  'x'.repeat(3000),
  '60M',
  'self',
];
const MACROS = [
  'i',
  'ir',
  'vctx_conn:k',
  'vctx_mess:mailfrom_domain',
  'spfv1:d2r-',
  'spfv1:L',
  'spfv1:p',
  'rfc822:date',
  'rfc2822:Subject',
  'nothing',
  'mailfrom_localpart',
];

const GOOD: Readonly<Record<ValueKind, readonly string[]>> = {
  any: ['a', '1', 'k', 'from'],
  text: ['g', 'continue', 'k'],
  number: ['0', '3', '-2.5', '1000000'],
  index: ['0', '1'],
  hash: [],
  series: ['refused', 'other'],
  monitor: ['300,6', '60,2', '1,30'],
  configured: ['300,6'],
  mask: ['0', '24', '32'],
  block: ['/24', '192.0.2.0/24', '2001:db8::1'],
  address: ['192.0.2.7', '2001:db8::7'],
  window: ['0', '1'],
  service: ['SMTP', 'inbound_cidr', 'ECStream'],
  code: ['550', '421', '250'],
  quota: ['2/3', '1/1'],
};

const quoted = (text: string): string => `"${text}"`;
const variable = names.map((name) => `$${name}`);
const piece = fc.oneof(
  names.map((name) => `\${${name}}`),
  fc.constantFrom(...MACROS).map((macro) => `%{${macro}}`),
  fc.constantFrom(...WILD),
);
const wild = fc.oneof(
  fc.array(piece, { minLength: 1, maxLength: 3 }).map((given) => quoted(given.join(''))),
  fc
    .tuple(names, fc.constantFrom('0', '5', '"k"', '"series"', '$n', '$l', '"${s}"'))
    .map(([name, index]) => `$${name}[${index}]`),
  fc
    .array(fc.oneof(variable, fc.constantFrom(...WILD).map(quoted)), { maxLength: 3 })
    .map((items) => `[${items.join(', ')}]`),
  fc.constantFrom('0', '7', '-86', '65.43', '2K', '3G'),
);

/** Mostly what a checker cannot judge; else a literal that it accepts, or any. */
function argumentOf({ kind }: Parameter): fc.Arbitrary<string> {
  const good = GOOD[kind];
  if (good.length === 0) return fc.constantFrom('$h', '$h', '$h', '$c', '$l', '$s', '$unset');
  return fc.oneof(
    { arbitrary: fc.constantFrom(...good).map(quoted), weight: 4 },
    { arbitrary: variable, weight: 3 },
    { arbitrary: wild, weight: kind === 'any' || kind === 'text' ? 4 : 1 },
  );
}

const optional = <Kind>(of: fc.Arbitrary<Kind>): fc.Arbitrary<Kind | ''> =>
  fc.option(of, { nil: '' as const });

const comparison = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('', ':is', ':contains', ':matches', ':regex'),
      fc
        .tuple(fc.constantFrom(':value', ':count'), fc.constantFrom(...RELATIONS))
        .map(([tag, relation]) => `${tag} "${relation}"`),
    ),
    optional(fc.constantFrom(...COMPARATORS).map((one) => `:comparator "${one}"`)),
  )
  .map((tags) => tags.join(' '));

function tagsOf({ tags }: CommandFacts): fc.Arbitrary<string> {
  if (tags === undefined) return fc.constant('');
  if (tags.includes('over')) return fc.constantFrom(':over', ':under');
  if (tags.includes('ip')) return optional(fc.constantFrom(':ip "192.0.2.9"', ':ip $s', ':ip $l'));
  if (!tags.includes('is')) return fc.constant('');
  const parts = tags.filter((tag) =>
    ['all', 'localpart', 'domain', 'user', 'detail'].includes(tag),
  );
  if (parts.length === 0) return comparison;
  const part = optional(fc.constantFrom(...parts).map((tag) => `:${tag}`));
  return fc.tuple(comparison, part).map((both) => both.join(' '));
}

function callOf(facts: CommandFacts): fc.Arbitrary<string> {
  const { names: own, positional, more, hash, bare } = facts;
  const given: fc.Arbitrary<string>[] = [];
  const anything = argumentOf({ name: '', kind: 'any', optional: true });
  const rest = fc.array(anything, { maxLength: 3 }).map((all) => all.join(' '));
  if (positional === undefined) given.push(rest);
  else {
    const required = positional.filter((one) => !one.optional).map((one) => argumentOf(one));
    const further = positional.filter((one) => one.optional).map((one) => argumentOf(one));
    const whole = [...required, ...(more ? [rest] : [])];
    given.push(fc.tuple(...whole).map((all) => all.join(' ')));
    given.push(fc.tuple(...required, ...further).map((all) => all.join(' ')));
  }
  if (hash !== undefined) given.push(fc.constantFrom('$h', '$c', '$s', '$l'));
  if (bare) given.push(fc.constant(''));
  return fc
    .tuple(fc.constantFrom(...own), tagsOf(facts), fc.oneof(...given))
    .map((parts) => parts.filter((part) => part !== '').join(' '));
}

const isSyntax = ({ names: [name] }: CommandFacts): boolean => /^(if|not|require)$/.test(name);
const simulated = COMMANDS.filter((one) => one.status !== 'no' && !isSyntax(one));
const callsOf = (roles: readonly CommandFacts['role'][], ends: boolean): fc.Arbitrary<string> =>
  fc.oneof(
    ...simulated
      .filter((one) => roles.includes(one.role) && one.terminal === ends)
      .map((one) => callOf(one)),
  );
const command = callsOf(['command', 'either'], false);
const ending = callsOf(['command', 'either'], true);
const target = fc.constantFrom('s', 'n', 'l', 'h', 'x', 'y', 'm');

const { commands } = fc.letrec<{ test: string; commands: string }>((tie) => ({
  test: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    callsOf(['test', 'either'], false),
    tie('test').map((test) => `not ${test}`),
    fc
      .tuple(
        fc.constantFrom('anyof', 'allof'),
        fc.array(tie('test'), { minLength: 1, maxLength: 3 }),
      )
      .map(([word, tests]) => `${word} (${tests.join(', ')})`),
  ),
  commands: fc
    .array(
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        { arbitrary: command.map((call) => `${call};`), weight: 4 },
        {
          arbitrary: fc.tuple(target, command).map(([name, call]) => `$${name} = ${call};`),
          weight: 4,
        },
        fc.tuple(target, fc.oneof(wild, variable)).map(([name, value]) => `$${name} = ${value};`),
        fc.tuple(target, target, command).map(([a, b, call]) => `($${a}, $${b}) = ${call};`),
        fc.constantFrom(...Object.keys(RUN_FILES)).map((name) => `ec_include "${name}";`),
        ending.map((call) => `if false { ${call}; }`),
        fc
          .tuple(tie('test'), tie('commands'), tie('test'), tie('commands'), optional(ending))
          .map(
            ([test, block, other, then, end]) =>
              `if ${test} {\n${block}\n} elsif ${other} {\n${then}\n${end === '' ? '' : `${end};`}}`,
          ),
      ),
      { maxLength: 6 },
    )
    .map((all) => all.join('\n')),
}));

/** Scripts of all simulated commands with arguments of every kind; some do not pass the checks. */
export const runningScripts: fc.Arbitrary<string> = fc
  .tuple(commands, fc.constantFrom('', '', 'ec_error_mode "continue";\n'))
  .map(([body, mode]) => `${PRELUDE}${mode}${body}\n`);
