/**
 * The names of scripts in reports, by file: their own, and as many folders above as it takes to
 * tell them apart. Where they all lie must not change a report.
 */
export function shownNames(files: readonly string[]): ReadonlyMap<string, string> {
  const paths = [...new Set(files)].map((file) => ({ file, parts: file.split(/[\\/]/) }));
  const longest = Math.max(0, ...paths.map(({ parts }) => parts.length));
  const names = new Map<string, string>();
  for (let length = 1; length <= longest; length++) {
    const left = paths.filter(({ file }) => !names.has(file));
    const tails = left.map(({ parts }) => parts.slice(-length).join('/'));
    for (const [index, { file }] of left.entries()) {
      const isOnly = tails.filter((tail) => tail === tails[index]).length === 1;
      if (isOnly || length === longest) names.set(file, tails[index]);
    }
  }
  return names;
}
