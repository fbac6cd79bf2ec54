import { KIND, LOGGED_AS, PHASE, TEXT } from '../../model/event.ts';
import { type Phrase, phrase, findFirst, findLast, startsWith } from '../byte-text.ts';
import { judgeRefusal } from '../filters/refusal-words.ts';
import { LINE, type LineClass } from '../port.ts';
import { readContentReject } from './content-reject.ts';
import { DAEMON, type Daemon } from './daemons.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { RejectTail } from './reject-tail.ts';
import { endOfEnhanced, replyCode } from '../reply-code.ts';

const BLANK = 32;
const COLON = 58;
const OPEN = 91;
const FROM = phrase(' from ');
/** Longest stage that Postfix knows is `END-OF-MESSAGE`. */
const LONGEST_STAGE = 24;
const DASH = 45;
const LESS = 60;
/** Behind a client's word that the text begins with: `<r>: Recipient address rejected: …`. */
const BEHIND_WORD = phrase('>: ');
const CONNECT_FROM = phrase('connect from ');

const REJECTS = ['reject: ', 'milter-reject: ', 'proxy-reject: '].map(phrase);

const STAGES: readonly (readonly [word: Phrase, phase: number])[] = [
  [phrase('RCPT'), PHASE.rcptto],
  [phrase('MAIL'), PHASE.mailfrom],
  [phrase('EHLO'), PHASE.ehlo],
  [phrase('HELO'), PHASE.ehlo],
  [phrase('CONNECT'), PHASE.connect],
  [phrase('connect'), PHASE.connect],
  [phrase('DATA'), PHASE.data],
  [phrase('BDAT'), PHASE.data],
  [phrase('END-OF-MESSAGE'), PHASE.data],
];

const tail = new RejectTail();

/** Behind `reject: `, `milter-reject: ` or `proxy-reject: ` at `at`; -1 when none stands there. */
export function behindReject(line: ProgramLine, at: number): number {
  const { bytes, words, end } = line;
  const c = bytes[at];
  if (c !== 114 && c !== 109 && c !== 112) return -1;
  for (const word of REJECTS) if (startsWith(words, at, end, word)) return at + word.length;
  return -1;
}

/**
 * Reads `STAGE from PEER: CODE ENHANCED TEXT; TAIL` of smtpd, postscreen or cleanup, of which the
 * codes may be missing, or the header and body form of cleanup.
 */
export function readReject(line: ProgramLine, at: number, daemon: Daemon): LineClass {
  const { bytes, words, end, batch, peer } = line;
  if (isContentStage(line, at)) return readContentReject(line, at);
  const from = findFirst(bytes, at, Math.min(end, at + LONGEST_STAGE + FROM.length), FROM);
  if (from < 0) return line.unparsed('reject without stage');
  if (!peer.read(bytes, words, from + FROM.length, end))
    return line.unparsed('reject without peer');
  if (!peer.readable) return line.unparsed('peer cannot be read');

  const row = line.pushOfPeer(KIND.rejection);
  line.setQueueId(row);
  batch.verdict[row] = LOGGED_AS.rejected;
  let phase = phaseOf(words, at, from);
  let text = peer.next;
  if (text < end && bytes[text] === COLON) text++;
  if (text < end && bytes[text] === BLANK) text++;
  let code = replyCode(bytes, text, end);
  const byPostscreen = bytes[from + FROM.length] === OPEN;
  if (code > 0) text = Math.min(text + 4, end);
  else if (byPostscreen) {
    // `too many connections` and the like: postscreen answers 421 and logs no code.
    code = 421;
    phase = PHASE.connect;
  }
  batch.code[row] = code;
  batch.phase[row] = phase;
  if (byPostscreen) batch.setSpan(row, TEXT.session, peer.open, peer.next);
  else if (daemon === DAEMON.smtpd || (daemon === DAEMON.hidden && code > 0)) line.setProcess(row);
  // Of `milter-reject: ` and `proxy-reject: `.
  const filtered = phase === PHASE.data && bytes[at - REJECTS[0].length - 1] === DASH;
  readText(line, row, text, filtered);
  if (line.verdicts.used) {
    const verdict = line.verdictOfFilter();
    if (verdict !== LOGGED_AS.none) batch.verdict[row] = verdict;
  }
  return LINE.event;
}

/**
 * Verdict, and enhanced code, reason and tail as far as the run wants them.
 *
 * @param filtered a filter refused the message: the text is its own
 */
function readText(line: ProgramLine, row: number, at: number, filtered: boolean): void {
  const { bytes, words, end, batch } = line;
  const enhancedEnd = endOfEnhanced(bytes, at, end);
  line.setWanted(row, TEXT.enhanced, at, enhancedEnd);
  const code = batch.code[row];
  const soft = code > 0 ? code >= 400 && code < 500 : enhancedEnd > at && bytes[at] === 52;
  if (!filtered && !wantsTail(line)) {
    if (!soft) return;
    // Where no word of the whole line tells more, none of the server's own does.
    const verdict = judgeRefusal(bytes, words, at, end, true, false);
    if (verdict === LOGGED_AS.rejected) return;
  }
  let text = enhancedEnd;
  if (text > at && text < end && bytes[text] === BLANK) text++;
  tail.read(
    bytes,
    words,
    text,
    end,
    batch.phase[row] === PHASE.none || batch.phase[row] >= PHASE.rcptto,
  );
  line.setWanted(row, TEXT.reason, text, tail.textEnd);
  if (soft || filtered) {
    const word = bytes[text] === LESS ? findLast(bytes, text, tail.textEnd, BEHIND_WORD) : -1;
    const own = word < 0 ? text : word + BEHIND_WORD.length;
    batch.verdict[row] = judgeRefusal(bytes, words, own, tail.textEnd, soft, filtered);
  }
  line.setWanted(row, TEXT.sender, tail.senderStart, tail.senderEnd);
  line.setWanted(row, TEXT.recipient, tail.recipientStart, tail.recipientEnd);
  line.setWanted(row, TEXT.helo, tail.heloStart, tail.heloEnd);
  line.setWanted(row, TEXT.user, tail.userStart, tail.userEnd);
}

function wantsTail(line: ProgramLine): boolean {
  return (
    line.wants(TEXT.reason) ||
    line.wants(TEXT.sender) ||
    line.wants(TEXT.recipient) ||
    line.wants(TEXT.helo) ||
    line.wants(TEXT.user)
  );
}

/** cleanup's `header …` and `body …`: the only stages in small letters but postscreen's `connect`. */
function isContentStage({ bytes, words, end }: ProgramLine, at: number): boolean {
  if (at >= end || bytes[at] < 97 || bytes[at] > 122) return false;
  return bytes[at] !== 99 || !startsWith(words, at, end, CONNECT_FROM);
}

function phaseOf(words: Int32Array, at: number, end: number): number {
  for (const [word, phase] of STAGES) {
    if (end - at === word.length && startsWith(words, at, end, word)) return phase;
  }
  return PHASE.none;
}
