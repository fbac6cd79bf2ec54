import { DAY_MS, formatIso, parseDuration, parseIso } from '../model/time.ts';
import type { AuditConsole } from './audit-console.ts';
import { CommandMistake } from './mistake.ts';
import type { Word } from './words.ts';

/** `at`: says the simulated time, or moves the clock there. */
export async function moveClock(words: readonly Word[], console: AuditConsole): Promise<void> {
  const time = words.at(0);
  if (time !== undefined) {
    const { moveTo } = console.target;
    if (moveTo === undefined) {
      const message = 'there are no logs here, so the clock stands where the state was stored';
      throw new CommandMistake('console-unsupported', time, message);
    }
    const back = await moveTo(timeOf(time, console));
    if (back && console.changes.size > 0) {
      console.err(`hindcast: replayed from the start, lost: ${console.changesText()}\n`);
    }
    if (back) console.changes.clear();
  }
  const { clockMs } = console.target;
  console.out(clockMs === undefined ? 'no event yet\n' : `${formatIso(clockMs)}\n`);
}

/** ISO 8601, a time of the present simulated day, a step from the present moment, or `end`. */
function timeOf(word: Word, console: AuditConsole): number {
  const { text } = word;
  if (text === 'end') return Infinity;
  const iso = parseIso(text);
  if (iso !== undefined) return iso.localMs - (iso.offsetMs ?? 0);
  const step = /^[+-]/.test(text) ? parseDuration(text.slice(1)) : undefined;
  if (step !== undefined) return console.clockMs(word) + (text.startsWith('-') ? -step : step);
  if (/^\d{1,2}:\d\d(?::\d\d)?$/.test(text)) {
    const day = formatIso(Math.floor(console.clockMs(word) / DAY_MS) * DAY_MS).slice(0, 11);
    const ofDay = parseIso(day + (text.indexOf(':') === 1 ? `0${text}` : text));
    if (ofDay !== undefined) return ofDay.localMs;
  }
  throw new CommandMistake(
    'console-time',
    word,
    `expected a time, found '${text}'`,
    '2026-11-20T17:30:00Z, 17:30 or 17:30:05 of the present day, +10m, -1h, or end',
  );
}

/** `save`: writes the changes back to the state. */
export async function saveState(_words: readonly Word[], console: AuditConsole): Promise<void> {
  const { save } = console.target;
  if (save === undefined) {
    const message = 'there is no state to save to: a console over logs changes nothing on disk';
    throw new CommandMistake('console-unsupported', { start: 0, end: 4 }, message);
  }
  await save();
  console.out(console.changes.size === 0 ? 'saved\n' : `saved: ${console.changesText()}\n`);
  console.changes.clear();
}
