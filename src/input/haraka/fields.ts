/** What is read of a line, by Haraka's names. */
const NAMES = [
  'level',
  'uuid',
  'origin',
  'message',
  'ip',
  'local_ip',
  'local_port',
  'helo',
  'txns',
  'rcpts',
  'lr',
  'code',
  'msg',
  'sender',
  'size',
  'response',
] as const;

export const PATHS: readonly (readonly string[])[] = NAMES.map((name) => [name]);

/** The number of each. */
export const FIELD = Object.fromEntries(NAMES.map((name, number) => [name, number])) as Readonly<
  Record<(typeof NAMES)[number], number>
>;
