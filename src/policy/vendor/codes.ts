/**
 * What the import of a default policy has to say, and the words for it. Tests assert codes and
 * places; one golden test per code asserts the words. A script that is no Lua has the codes of
 * `lua/codes.ts`.
 */
export const WORDS = {
  'lua-failed': (message: string) => message,
  'lua-stopped': (message: string) => message,
  'config-missing': () => 'nothing here sets audit_series or concurrent_connection_limits',
  'module-unread': (name: string) => `module '${name}' is not read`,
  'table-left-out': (name: string) => `'${name}' is left out: a policy has nothing like it`,
  'key-left-out': (key: string, where: string) => `'${key}' of ${where} is left out`,
  'function-left-out': (key: string, where: string) =>
    `'${key}' of ${where} is a function and left out`,
  'series-left-out': (name: string) =>
    `series '${name}' is left out: no log shows what is added to it`,
  'type-differs': (name: string, type: string, counted: string) =>
    `series '${name}' is left out: it is of type ${type}, but ${counted}`,
  'value-wrong': (what: string, expected: string, seen: string, left: string) =>
    `${what} must be ${expected}, not ${seen}: ${left} is left out`,
  'windows-cut': (where: string, end: string, last: string) =>
    `'endv' of ${where} is ${end}, but the last window is ${last}, which is taken`,
  'never-exceeded': (where: string) => `${where} can never be exceeded and is left out`,
  'switched-off': (where: string) => `${where} is switched off and left out`,
  'check-missing': (where: string) => `${where} does not say 'check'; it is taken as switched on`,
  'whitelist-empty': (name: string, source: string) =>
    `whitelist '${name}' is empty in the policy: its networks are ${source}`,
  'whitelist-name': (name: string) =>
    `whitelist '${name}' is left out: a list cannot have this name`,
} as const satisfies Record<string, (...details: string[]) => string>;

export type ImportCode = keyof typeof WORDS;

/** The codes that stop the import; all others are about what is left out or assumed. */
const ERRORS: readonly ImportCode[] = ['lua-failed', 'lua-stopped', 'config-missing'];

export const WARNINGS: ReadonlySet<ImportCode> = new Set(
  (Object.keys(WORDS) as ImportCode[]).filter((code) => !ERRORS.includes(code)),
);
