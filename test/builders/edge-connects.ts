/** A policy of which one rule has a limit that nine connects do not exceed and ten do. */
export const LIMIT_OF_9 = `hindcast: 1
monitors: ["300,6"]
rules:
  - { name: many, count: connections, per: address, above: 9, then: { reject: "450 later" } }
  - { name: open, count: sessions, per: address, above: 0, then: tag }
  - { name: refused, count: rejections, per: address, above: 0, then: tag }
`;

/** Rows of `count` connects, a second apart, `before` of them before 10:00 and `startS` seconds. */
export function connects(ip: string, count: number, before: number, startS = 300): string[] {
  return Array.from({ length: count }, (_, index) => {
    const seconds = startS + index - before;
    const [minute, second] = [Math.floor(seconds / 60), seconds % 60];
    const clock = [minute, second].map((part) => String(part).padStart(2, '0')).join(':');
    return `2026-11-20T10:${clock}Z,connect,${ip}`;
  });
}

export const csvOf = (rows: readonly string[]): string =>
  `time,kind,ip\n${rows
    .toSorted()
    .map((row) => `${row}\n`)
    .join('')}`;
