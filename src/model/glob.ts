/** `*` stands for any text, `?` for one character; everything else for itself. */
export function globPattern(glob: string): RegExp {
  const body = glob
    .replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${body}$`, 'su');
}
