/**
 * Every mistake that a Sieve++ script can hold, and the words for it. Tests assert codes and
 * places; one golden test per code asserts the words.
 */
export const WORDS = {
  'string-open': () => 'this string never ends',
  'comment-open': () => 'this comment never ends',
  'text-open': () => 'this multi-line text never ends',
  'encoding-wrong': () => 'this is no UTF-8 text',
  'character-unexpected': (character: string) => `${character} is no part of this language`,
  'name-missing': (sign: string) => `no name behind ${sign}`,
  'number-wrong': (seen: string) => `'${seen}' is not a number`,
  'bracket-open': (bracket: string) => `${bracket} is never closed`,
  'bracket-stray': (bracket: string) => `${bracket} closes nothing`,
  'semicolon-missing': (seen: string) => `a ; is missing behind ${seen}`,
  'else-stray': (word: string) => `${word} stands behind no if`,
  'token-unexpected': (expected: string, seen: string) => `expected ${expected}, not ${seen}`,
  'nested-deep': (levels: string) => `nested deeper than ${levels} levels`,
  'errors-many': (most: string) => `there are more than ${most} errors; the others are not shown`,
  'warnings-many': (most: string) =>
    `there are more than ${most} warnings; the others are not shown`,
  'command-unknown': (name: string) => `unknown command '${name}'`,
  'test-unknown': (name: string) => `unknown test '${name}'`,
  'test-as-command': (name: string) => `'${name}' is a test, not a command`,
  'command-as-test': (name: string) => `'${name}' is a command, not a test`,
  'block-unexpected': (name: string) => `'${name}' takes no block`,
  'count-wrong': (name: string, expected: string, seen: string) =>
    `'${name}' takes ${expected}, not ${seen}`,
  'type-wrong': (parameter: string, expected: string, seen: string) =>
    `${parameter} must be ${expected}, not ${seen}`,
  'tag-unknown': (name: string, tag: string) => `'${name}' takes no tag :${tag}`,
  'tag-twice': (tag: string, first: string) => `:${tag} and :${first} exclude each other`,
  'tag-incomplete': (tag: string, expected: string) => `:${tag} needs ${expected} behind it`,
  'tag-missing': (name: string, tags: string) => `'${name}' needs ${tags}`,
  'comparator-unknown': (seen: string) => `unknown comparator ${seen}`,
  'relation-unknown': (seen: string) => `unknown relation ${seen}`,
  'monitor-wrong': (seen: string) => `${seen} is not a monitor`,
  'monitor-outside': (index: string) => `there is no monitor ${index} in the configuration`,
  'monitor-unconfigured': (monitor: string) => `"${monitor}" is no monitor of the configuration`,
  'series-unnamed': () => 'the name of a series is empty',
  'windows-outside': (window: string, monitor: string, last: string) =>
    `window ${window} is outside the monitor "${monitor}", whose windows are 0 to ${last}`,
  'windows-backwards': (start: string, end: string) =>
    `the windows begin at ${start} and end at ${end}`,
  'mask-wrong': (seen: string, most: string) => `${seen} is not a mask from 0 to ${most}`,
  'address-wrong': (seen: string) => `${seen} is not an address`,
  'service-unknown': (seen: string) => `unknown service ${seen}`,
  'key-missing': (hash: string, key: string, command: string) =>
    `nothing sets "${key}" in ${hash}, which '${command}' needs`,
  'phase-wrong': (name: string, phase: string) => `'${name}' is not allowed in the phase ${phase}`,
  'not-simulated': (name: string) => `'${name}' is not simulated`,
  'windows-last': (window: string, monitor: string, last: string) =>
    `window ${window} of "${monitor}" never holds anything: named series keep 0 to ${last}`,
  'windows-shown': (window: string, monitor: string, last: string) =>
    `window ${window} of the monitor "${monitor}" is for the console: commands ask 0 to ${last}`,
  'mask-family': (bits: string) => `/${bits} is the mask of an IPv4 block, the address is IPv6`,
  'mask-odd': (seen: string) => `${seen} is not how this command writes a mask; it is read as one`,
  'reply-missing': (name: string) => `'${name}' without a reply gives a default one`,
  unreachable: (name: string) => `nothing behind '${name}' runs in this block`,
  'phase-unlisted': (name: string, phase: string) =>
    `the manual does not list '${name}' for the phase ${phase}`,
  'message-missing': (name: string, phase: string) =>
    `'${name}' is about a message, and in the phase ${phase} there is none yet`,
  'serialize-missing': (name: string) =>
    `a server that is a single node may not count this: '${name}' needs "serialize" there`,
  'value-missing': (name: string) => `'${name}' returns nothing that could be assigned`,
  'pattern-wrong': (reason: string) => `this expression cannot be run here: ${reason}`,
  'variable-unset': (name: string) => `nothing in this script sets $${name}`,
  'key-unknown': (key: string, command: string) => `'${command}' does not read the key "${key}"`,
  'macro-unknown': (seen: string) => `unknown macro %{${seen}:…}`,
} as const satisfies Record<string, (...details: never[]) => string>;

export type ScriptCode = keyof typeof WORDS;

/** Codes that do not stop a script from being used. */
export const WARNINGS: ReadonlySet<ScriptCode> = new Set([
  'warnings-many',
  'not-simulated',
  'windows-last',
  'windows-shown',
  'mask-family',
  'mask-odd',
  'reply-missing',
  'unreachable',
  'phase-unlisted',
  'message-missing',
  'serialize-missing',
  'value-missing',
  'pattern-wrong',
  'variable-unset',
  'key-unknown',
  'macro-unknown',
]);
