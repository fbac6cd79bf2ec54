/** What is counted of each client: the metrics, and failed logins. */
export const COUNTED = ['connections', 'receptions', 'rejections', 'auth_failure'] as const;
export type CountedName = (typeof COUNTED)[number];
export type ClientCounts = Record<CountedName, number>;

/** @param at the count by place in `COUNTED` */
export function countsOf(at: (place: number) => number): ClientCounts {
  return { connections: at(0), receptions: at(1), rejections: at(2), auth_failure: at(3) };
}
