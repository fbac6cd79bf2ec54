/** Room for a name, as Lua's own buffers have it, in bytes. */
export const NAME_AT_RUN_TIME = 60;
export const NAME_OF_MISTAKES = 80;

/**
 * How messages call a text that was loaded: `=name` and `@file` without their sign, all else as
 * `[string "first line..."]`.
 *
 * @param room what does not fit is left out
 */
export function chunkName(name: string, room: number): string {
  if (name.startsWith('=')) return name.slice(1, room);
  if (name.startsWith('@')) {
    const most = room - 8;
    const file = name.slice(1);
    return file.length > most ? `...${file.slice(-most)}` : file;
  }
  const most = room - 17;
  const [line] = name.split(/[\r\n]/, 1);
  if (line === name && line.length <= most) return `[string "${line}"]`;
  return `[string "${line.slice(0, most)}..."]`;
}
