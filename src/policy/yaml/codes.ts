import { SHAPE_WORDS } from './shape-codes.ts';

/**
 * Every mistake that a policy file can hold, and the words for it. Tests assert codes and places;
 * one golden test per code asserts the words.
 */
export const WORDS = {
  ...SHAPE_WORDS,
  'version-missing': () => 'the version of the policy format is missing',
  'version-newer': (seen: string) => `format ${seen} is newer than this hindcast, which reads 1`,
  'key-misplaced': (key: string, reason: string) => `'${key}' does not belong here: ${reason}`,
  'name-wrong': (what: string, name: string, allowed: string) =>
    `'${name}' cannot be the name of ${what}: ${allowed}`,
  'name-twice': (name: string) => `another rule is named '${name}' too`,
  'name-reserved': (name: string) => `'${name}' is the name of a built-in quantity`,
  'monitor-wrong': (seen: string) => `${seen} is not a monitor`,
  'monitor-unknown': (seen: string, kept: string) =>
    `metrics are not kept for monitor "${seen}", only for ${kept}`,
  'config-differs': (what: string, here: string, configured: string) =>
    `${what} here and in the configuration differ: ${here} and ${configured}`,
  'monitor-differs': (of: string, to: string) =>
    `both parts of a ratio need windows of one length, but these have ${of} s and ${to} s`,
  'network-wrong': (seen: string) => `'${seen}' is not an address or network`,
  'list-unknown': (name: string) => `unknown list '${name}'`,
  'list-unreadable': (path: string, reason: string) => `cannot read the list '${path}': ${reason}`,
  'list-line': (seen: string) => `'${seen}' is not an address, network or domain`,
  'list-domains': (name: string, domain: string) =>
    `list '${name}' holds domains (${domain}), but only addresses can be compared here`,
  'kind-wrong': (seen: string) => `'${seen}' cannot be a kind of event`,
  'kind-internal': (kind: string) => `'${kind}' only ties log lines together, it is never counted`,
  'kind-unknown': (kind: string) => `no log has events of kind '${kind}'`,
  'field-unknown': (name: string) => `events have no field '${name}'`,
  'field-refused': (name: string, use: string) => `'${name}' cannot be ${use}`,
  'regex-wrong': (reason: string) => `not a usable regular expression: ${reason}`,
  'key-missing': (series: string) => `string series '${series}' has no 'key'`,
  'key-address': (type: string, key: string) =>
    `a series of type ${type} is keyed by ip, not by '${key}'`,
  'series-unknown': (name: string) => `unknown series '${name}'`,
  'quantity-missing': (where: string) => `${where} does not say what it counts`,
  'quantity-several': (first: string, second: string) =>
    `'${first}' and '${second}' exclude each other`,
  'quantity-refused': (what: string) => `sessions have no windows, so they cannot be ${what}`,
  'windows-wrong': (what: string, seen: string) =>
    `${what} must be a window or a range, not ${seen}`,
  'windows-backwards': (range: string) => `the range ${range} runs backwards`,
  'windows-outside': (index: string, monitor: string, last: string) =>
    `window ${index} is outside monitor "${monitor}", whose windows are 0..${last}`,
  'windows-present': () => 'window 0 cannot be held against itself',
  'all-short': () => "'all' needs at least two conditions",
  'keys-differ': (first: string, second: string) =>
    `one part is counted by ${first}, another by ${second}`,
  'per-missing': () => 'the rule does not say which block it counts by',
  'per-wrong': (seen: string) => `a rule cannot count per ${seen}`,
  'per-family-missing': (family: string) => `'per' has no prefix length for ${family}`,
  'prefix-short': (bits: string) => `/${bits} puts whole providers of IPv6 into one block`,
  'at-sessions': (phase: string) => `sessions are judged at connects, never at ${phase}`,
  'phase-missing': (verb: string, kinds: string) =>
    `${verb} needs a phase, and events of kind ${kinds} have none`,
  'verdict-wrong': (detail: string) => detail,
  'reply-wrong': (seen: string) => `'${seen}' is not a reply: a code 400..599 and a text`,
  'duration-wrong': (seen: string) => `${seen} is not a duration`,
} as const satisfies Record<string, (...details: never[]) => string>;

export type DiagnosticCode = keyof typeof WORDS;

/** Codes that do not stop a policy from being used. */
export const WARNINGS: ReadonlySet<DiagnosticCode> = new Set(['kind-unknown', 'prefix-short']);
