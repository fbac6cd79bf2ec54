import type { Family } from '../../model/address.ts';
import { KIND, PHASE, TEXT } from '../../model/event.ts';
import { findByte, findFirst, findLast, phrase, type Phrase, startsWith } from '../byte-text.ts';
import { judgeRefusal } from '../filters/refusal-words.ts';
import { LINE, type LineClass } from '../port.ts';
import { endOfEnhanced, replyCode } from '../reply-code.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { readHost } from './host.ts';

const BLANK = 32;
const COMMA = 44;
const GREATER = 62;
const ARGUMENT = phrase(', arg1=<');
const RELAY = phrase(', relay=');
const REJECT = phrase(', reject=');

const PHASES: readonly (readonly [ruleset: Phrase, phase: number])[] = [
  [phrase('check_rcpt'), PHASE.rcptto],
  [phrase('check_relay'), PHASE.connect],
  [phrase('check_mail'), PHASE.mailfrom],
  [phrase('check_compat'), PHASE.rcptto],
  [phrase('check_data'), PHASE.data],
  [phrase('check_eoh'), PHASE.data],
  [phrase('check_eom'), PHASE.data],
];
/** These judge servers that sendmail itself has called. */
const OUTGOING = ['tls_server', 'tls_rcpt', 'try_tls'].map(phrase);

/** What `readRuleset` found of the client: its address, and where the refusal starts. */
const found: { reject: number; family: Family; ambiguous: boolean } = {
  reject: -1,
  family: 0,
  ambiguous: false,
};
const address = new Int32Array(4);

/**
 * `ruleset=check_rcpt, arg1=<r>, arg2=…, relay=HOST, reject=550 5.7.1 <r>... Relaying denied`
 *
 * Arguments are the client's, and the text may quote them. Where several places look like the relay
 * and name different addresses, the line tells none; its session or queue id has to.
 *
 * @param name behind `ruleset=`
 */
export function readRuleset(line: ProgramLine, name: number): LineClass {
  const { bytes, words, end, batch, peer } = line;
  const nameEnd = findByte(bytes, name, end, COMMA);
  for (const ruleset of OUTGOING) {
    if (nameEnd - name === ruleset.length && startsWith(words, name, end, ruleset)) {
      return LINE.irrelevant;
    }
  }
  findRelay(line, nameEnd);
  if (found.reject < 0) return LINE.irrelevant;
  peer.family = found.ambiguous ? 0 : found.family;
  peer.words.set(address);
  const row = line.pushOfPeer(KIND.rejection);
  line.setQueueId(row);
  line.setProcess(row);
  batch.phase[row] = phaseOf(line, name, nameEnd);
  const relay = findLast(bytes, nameEnd, found.reject, RELAY);
  if (startsWith(words, nameEnd, end, ARGUMENT)) {
    const argument = nameEnd + ARGUMENT.length;
    const field = batch.phase[row] === PHASE.mailfrom ? TEXT.sender : TEXT.recipient;
    const stop = findByte(bytes, argument, relay, GREATER);
    if (batch.phase[row] <= PHASE.rcptto) line.setWanted(row, field, argument, stop);
  }
  readAnswer(line, row, found.reject, false);
  return LINE.event;
}

/** `550 5.7.1 text` at `at`, up to the end of the line. */
export function readAnswer(line: ProgramLine, row: number, at: number, byFilter: boolean): void {
  const { bytes, words, end, batch } = line;
  const code = replyCode(bytes, at, end);
  batch.code[row] = code;
  const enhanced = code > 0 ? Math.min(at + 4, end) : at;
  const enhancedEnd = endOfEnhanced(bytes, enhanced, end);
  line.setWanted(row, TEXT.enhanced, enhanced, enhancedEnd);
  let text = enhancedEnd;
  if (text > enhanced && text < end && bytes[text] === BLANK) text++;
  line.setWanted(row, TEXT.reason, text, end);
  // `<r>... text`: the address is the client's.
  const quoted = findLast(bytes, text, end, BEHIND_ADDRESS);
  const own = quoted < 0 ? text : quoted + BEHIND_ADDRESS.length;
  batch.verdict[row] = judgeRefusal(bytes, words, own, end, code >= 400 && code < 500, byFilter);
}

const BEHIND_ADDRESS = phrase('>... ');

function phaseOf({ words }: ProgramLine, at: number, end: number): number {
  for (const [word, phase] of PHASES) {
    if (end - at === word.length && startsWith(words, at, end, word)) return phase;
  }
  return PHASE.none;
}

function findRelay(line: ProgramLine, start: number): void {
  const { bytes, words, end, peer } = line;
  found.reject = -1;
  found.ambiguous = false;
  for (let at = findFirst(bytes, start, end, RELAY); at >= 0;) {
    const host = at + RELAY.length;
    const next = readHost(line, host, end);
    const reject = next + REJECT.length;
    if (next >= 0 && startsWith(words, next, end, REJECT) && replyCode(bytes, reject, end) > 0) {
      if (found.reject < 0) {
        found.reject = reject;
        found.family = peer.family;
        address.set(peer.words);
      } else if (found.family !== peer.family || !sameWords(peer.words)) found.ambiguous = true;
    }
    at = findFirst(bytes, host, end, RELAY);
  }
}

function sameWords(other: Int32Array): boolean {
  for (let word = 0; word < 4; word++) if (address[word] !== other[word]) return false;
  return true;
}
