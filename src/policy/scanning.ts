// What the two languages of Momentum, of configurations and of scripts, have in common.

/** Where `pattern` ends when it matches at `start`. */
export function matchEnd(pattern: RegExp, text: string, start: number): number | undefined {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** Behind the comment that begins at `start`; undefined when none does, or when it never ends. */
export function commentEnd(text: string, start: number): number | undefined {
  if (text[start] === '#') {
    const newline = text.indexOf('\n', start);
    return newline === -1 ? text.length : newline;
  }
  const close = text.startsWith('/*', start) ? text.indexOf('*/', start + 2) : -1;
  return close === -1 ? undefined : close + 2;
}
