/**
 * Every mistake that an `ecelerity.conf` can hold, and the words for it. Tests assert codes and
 * places; one golden test per code asserts the words.
 */
export const WORDS = {
  'string-open': () => 'this string never ends',
  'comment-open': () => 'this comment never ends',
  'quote-missing': (character: string) => `${character} cannot stand outside quotes`,
  'quote-wrong': (character: string) => `${character} is no quote of this language`,
  'bracket-open': (bracket: string) => `${bracket} is never closed`,
  'bracket-stray': (bracket: string) => `${bracket} closes nothing`,
  'token-unexpected': (expected: string, seen: string) => `expected ${expected}, not ${seen}`,
  'nested-deep': (levels: string) => `nested deeper than ${levels} levels`,
  'include-unreadable': (path: string, reason: string) => `cannot read '${path}': ${reason}`,
  'include-circle': (path: string) => `'${path}' includes itself, over this include`,
  'include-many': (files: string) => `more than ${files} files are included`,
  'audit-missing': () => 'the configuration has no inbound_audit stanza',
  'audit-differs': (first: string) => `another inbound_audit stanza, at ${first}, differs`,
  'audit-disabled': () => 'inbound_audit is switched off here; its settings are used all the same',
  'stanza-disabled': (stanza: string) => `this ${stanza} stanza is switched off and left out`,
  'stanza-twice': (stanza: string, first: string, effect: string) =>
    `${stanza} stands at ${first} too; ${effect}`,
  'option-unknown': (stanza: string, name: string) =>
    `${stanza} has no option '${name}' that is used here`,
  'option-twice': (name: string, first: string) =>
    `'${name}' stands at ${first} too; the later one counts`,
  'type-wrong': (name: string, expected: string, seen: string) =>
    `'${name}' must be ${expected}, not ${seen}`,
  'list-empty': (name: string) => `'${name}' is an empty list`,
  'monitor-wrong': (seen: string) => `${seen} is not a monitor`,
  'name-missing': (stanza: string) => `this ${stanza} has no name`,
  'slot-unknown': (name: string) => `no script runs at '${name}'`,
  'source-missing': (script: string) => `${script} names no source`,
  'script-unreadable': (path: string, reason: string) =>
    `cannot read the script '${path}': ${reason}`,
  'replica-unknown': (name: string) => `Replicate '${name}' is of no type that is known`,
  'word-unknown': (name: string, word: string) => `'${name}' knows no word '${word}'`,
  'interval-missing': () => 'without log_interval this as_logger keeps nothing',
  'option-idle': (name: string, byDefault: string) =>
    `'${name}' means nothing where series_include_default is ${byDefault}`,
  'pattern-wrong': (seen: string) => `${seen} is not read as a regular expression here`,
  'maintain-unknown': (name: string) => `cidr_maintain has no option '${name}'`,
  'maintain-series': () => "'series' names some, and 'auto' takes all that are found",
  'maintain-none': () => "'auto' is off, and no series is named",
  'hook-not-simulated': (name: string) => `the hook '${name}' is not simulated`,
} as const satisfies Record<string, (...details: never[]) => string>;

export type ConfigurationCode = keyof typeof WORDS;

/** Codes that do not stop a configuration from being used. */
export const WARNINGS: ReadonlySet<ConfigurationCode> = new Set([
  'audit-disabled',
  'stanza-disabled',
  'stanza-twice',
  'option-unknown',
  'option-twice',
  'replica-unknown',
  'word-unknown',
  'interval-missing',
  'option-idle',
  'pattern-wrong',
  'hook-not-simulated',
]);
