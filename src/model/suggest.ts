/**
 * Edits between two words, a swap of neighbours counting as one (optimal string alignment).
 * Time and memory are the product of the lengths.
 */
export function editDistance(a: string, b: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        previous[column] + 1,
        current[column - 1] + 1,
        previous[column - 1] + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2];
      if (swapped && a[row - 2] === b[column - 1]) cost = Math.min(cost, older[column - 2] + 1);
      current.push(cost);
    }
    older = previous;
    previous = current;
  }
  return previous[b.length];
}

/** Words longer than this are no slip of the finger. */
const MAX_LENGTH = 64;

/** The known word that the user most likely meant, undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > MAX_LENGTH) return undefined;
  const folded = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(folded, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? onlyOneThatStartsWith(folded, known);
}

/** Words shorter than this start too many others. */
const MIN_START = 3;

function onlyOneThatStartsWith(start: string, known: Iterable<string>): string | undefined {
  if (start.length < MIN_START) return undefined;
  const found = [...known].filter((candidate) => candidate.toLowerCase().startsWith(start));
  return found.length === 1 ? found[0] : undefined;
}

/** `did you mean 'rcpt_bad'?`, or undefined when no known word is near. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const meant = nearest(word, known);
  return meant === undefined ? undefined : `did you mean '${meant}'?`;
}
