import { readAddress } from '../../model/address.ts';
import { KIND, PHASE, TEXT, type KindName } from '../../model/event.ts';
import { findByte, findFirst, findLast, phrase, startsWith, wholeNumber } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import { allKindsBut } from '../syslog/lacked-kinds.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import type { ProgramReader } from '../syslog/programs.ts';
import { MOST_REPEATS, repeatRows } from '../syslog/repeat-rows.ts';

const COLON = 58;
const COMMA = 44;
const BLANK = 32;
const GREATER = 62;
const LOGIN = phrase('-login: ');
const LEVEL = phrase('Info: ');
const LOGGED_IN = ['Logged in: ', 'Login: '].map(phrase);
const FAILED = phrase('(auth failed, ');
const ATTEMPTS = phrase(' attempts');
const USER = phrase('user=<');
const BEHIND_TEXT = phrase(': user=<');
const METHOD = phrase('>, method=');
const REMOTE = phrase(', rip=');
const SESSION = phrase(', session=<');
/** `managesieve-login` */
const LONGEST_SERVICE = 32;

const LACKS = allKindsBut(['auth_failure', 'auth_success']);

/**
 * Reads what Dovecot's login processes say (formats, section 7); what its authentication processes
 * say of the same attempts is passed over.
 */
export class DovecotReader implements ProgramReader {
  readonly lacks: readonly KindName[] = LACKS;

  read(line: ProgramLine): LineClass {
    const { bytes, words, at, end } = line;
    const colon = findByte(bytes, at, Math.min(end, at + LONGEST_SERVICE), COLON);
    const login = colon + 2 - LOGIN.length;
    if (login <= at || !startsWith(words, login, end, LOGIN)) return LINE.irrelevant;
    let text = colon + 2;
    if (startsWith(words, text, end, LEVEL)) text += LEVEL.length;
    for (const word of LOGGED_IN) {
      if (startsWith(words, text, end, word) && startsWith(words, text + word.length, end, USER)) {
        return pushLogin(line, KIND.auth_success, 1, text + word.length + USER.length, colon);
      }
    }
    return readEnd(line, text, colon);
  }
}

/**
 * `Login aborted: Connection closed (auth failed, 2 attempts in 6 secs) (auth_failed): user=<u>, …`
 * of 2.4, `Disconnected (auth failed, 2 attempts in 6 secs): user=<u>, …` of 2.3
 *
 * What stands before the first `: user=<` is Dovecot's.
 */
function readEnd(line: ProgramLine, text: number, serviceEnd: number): LineClass {
  const { bytes, words, end } = line;
  const behind = findFirst(bytes, text, end, BEHIND_TEXT);
  const failed = behind < 0 ? -1 : findFirst(bytes, text, behind, FAILED);
  if (failed < 0) return LINE.irrelevant;
  const number = failed + FAILED.length;
  const numberEnd = findByte(bytes, number, behind, BLANK);
  const attempts = wholeNumber(bytes, number, numberEnd);
  if (attempts < 0 || !startsWith(words, numberEnd, behind, ATTEMPTS)) {
    return line.unparsed('no number of attempts');
  }
  if (attempts === 0) return LINE.irrelevant;
  return pushLogin(line, KIND.auth_failure, attempts, behind + BEHIND_TEXT.length, serviceEnd);
}

/**
 * `u>, method=PLAIN, rip=A, lip=B, mpid=1, TLS, session=<s>` from `user` on. The user's name is the
 * client's and may imitate the fields, so the rest is read from the end.
 */
function pushLogin(
  line: ProgramLine,
  kind: number,
  times: number,
  user: number,
  serviceEnd: number,
): LineClass {
  const { bytes, end, batch, peer } = line;
  const remote = findLast(bytes, user, end, REMOTE);
  if (remote < 0) return line.unparsed('no peer');
  const address = remote + REMOTE.length;
  const addressEnd = findByte(bytes, address, end, COMMA);
  peer.family = readAddress(bytes, address, addressEnd, peer.words, 0);
  if (peer.family === 0) return line.unparsed('peer cannot be read');
  const first = line.pushOfPeer(kind);
  line.setListener(first, line.at, serviceEnd);
  batch.phase[first] = PHASE.ehlo;
  const method = findLast(bytes, user, remote, METHOD);
  line.setWanted(first, TEXT.user, user, method < 0 ? remote - 1 : method);
  const session = findLast(bytes, addressEnd, end, SESSION);
  if (session >= 0) {
    const id = session + SESSION.length;
    batch.setSpan(first, TEXT.session, id, findByte(bytes, id, end, GREATER));
  }
  if (kind === KIND.auth_failure) {
    let reason = serviceEnd + 2;
    if (startsWith(line.words, reason, end, LEVEL)) reason += LEVEL.length;
    line.setWanted(first, TEXT.reason, reason, user - BEHIND_TEXT.length);
  }
  repeatRows(batch, first, Math.min(times, MOST_REPEATS));
  return LINE.event;
}
