import { civilFromDays, DAY_MS, SECOND_MS } from '../../model/time.ts';

const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** A time as a `Date` header has it, in UTC: `Fri, 20 Nov 2026 12:00:00 +0000`. */
export function mailDate(timeMs: number): string {
  const days = Math.floor(timeMs / DAY_MS);
  const { year, month, day } = civilFromDays(days);
  const seconds = Math.floor((timeMs - days * DAY_MS) / SECOND_MS);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const time = clock.map((part) => String(part).padStart(2, '0')).join(':');
  const weekday = DAYS[((days % 7) + 7) % 7];
  const date = `${String(day).padStart(2, '0')} ${MONTHS[month - 1]} ${String(year).padStart(4, '0')}`;
  return `${weekday}, ${date} ${time} +0000`;
}
