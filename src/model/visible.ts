/**
 * Text of a log or a foreign file as a terminal may show it: control characters as `\xHH`, so that
 * they cannot steer it. Tabs stay.
 */
export function visible(text: string): string {
  return text.replace(/[^\P{Cc}\t]/gu, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
