/**
 * Every mistake that a Lua script can hold before it runs, and the words for it: those of Lua
 * where it has some, because scripts compare them. Tests assert codes and places; one golden test
 * per code asserts the words.
 */
export const WORDS = {
  'string-open': (near: string) => `unfinished string near '${near}'`,
  'long-string-open': () => `unfinished long string near '<eof>'`,
  'comment-open': () => `unfinished long comment near '<eof>'`,
  'delimiter-wrong': (near: string) => `invalid long string delimiter near '${near}'`,
  'escape-wrong': (wrong: string, near: string) => `${wrong} near '${near}'`,
  'number-wrong': (near: string) => `malformed number near '${near}'`,
  'symbol-unexpected': (near: string) => `unexpected symbol near '${near}'`,
  'syntax-wrong': (near: string) => `syntax error near '${near}'`,
  'token-missing': (expected: string, near: string) => `${expected} expected near '${near}'`,
  'block-open': (expected: string, opener: string, line: string, near: string) =>
    `'${expected}' expected (to close '${opener}' at line ${line}) near '${near}'`,
  'call-ambiguous': (near: string) =>
    `ambiguous syntax (function call x new statement) near '${near}'`,
  'vararg-outside': (near: string) => `cannot use '...' outside a vararg function near '${near}'`,
  'break-outside': (near: string) => `no loop to break near '${near}'`,
  'nested-deep': () => 'chunk has too many syntax levels',
  'limit-passed': (what: string, most: string, where: string) =>
    `${where} has more than ${most} ${what}`,
  'function-complex': () => 'function or expression too complex',
  'bytecode-refused': () => 'this is compiled Lua, and only text is read',
} as const satisfies Record<string, (...details: string[]) => string>;

export type LuaCode = keyof typeof WORDS;
