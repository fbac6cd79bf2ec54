import { KIND, LOGGED_AS, PHASE, TEXT } from '../../model/event.ts';
import { phrase, findFirst, findLast, sameBytes } from '../byte-text.ts';
import { LINE, type LineClass } from '../port.ts';
import type { ProgramLine } from '../syslog/program-line.ts';
import { RejectTail } from './reject-tail.ts';
import { endOfEnhanced } from '../reply-code.ts';

const BLANK = 32;
const COLON = 58;
const SENDER = phrase('; from=<');
const FROM = phrase(' from ');
const tail = new RejectTail();

/**
 * Reads `header H from PEER; from=<s> to=<r> proto=p helo=<h>: ENHANCED TEXT` of cleanup (also
 * `body`). Postfix logs no SMTP code here; its answer is 550.
 *
 * H is the client's, the addresses are, and a rule may quote H in TEXT. When more than one place
 * looks like the peer and they differ, nothing in the line tells which one Postfix wrote: then the
 * event has neither address nor sender nor recipient, and its queue id has to tell.
 */
export function readContentReject(line: ProgramLine, at: number): LineClass {
  const { bytes, words, end, batch } = line;
  const peers = findPeers(line, at);
  if (peers.last < 0) return line.unparsed('reject without peer');
  if (!peers.readable) return line.unparsed('peer cannot be read');
  const row = line.pushOfPeer(KIND.rejection);
  line.setQueueId(row);
  batch.verdict[row] = LOGGED_AS.rejected;
  batch.code[row] = 550;
  batch.phase[row] = PHASE.data;
  tail.read(bytes, words, peers.last, end, true);
  let text = tail.next;
  if (text < end && bytes[text] === COLON) text++;
  if (text < end && bytes[text] === BLANK) text++;
  const enhancedEnd = endOfEnhanced(bytes, text, end);
  line.setWanted(row, TEXT.enhanced, text, enhancedEnd);
  const reason = enhancedEnd > text ? enhancedEnd + 1 : text;
  line.setWanted(row, TEXT.reason, reason, end);
  line.setWanted(row, TEXT.helo, tail.heloStart, tail.heloEnd);
  if (peers.ambiguous) {
    batch.family[row] = 0;
    return LINE.event;
  }
  line.setWanted(row, TEXT.sender, tail.senderStart, tail.senderEnd);
  line.setWanted(row, TEXT.recipient, tail.recipientStart, tail.recipientEnd);
  return LINE.event;
}

/** Every ` from PEER; from=<` of the line; `line.peer` is the last one. */
const found = { last: -1, readable: true, ambiguous: false };

function findPeers(line: ProgramLine, start: number): typeof found {
  const { bytes, words, end, peer } = line;
  found.last = -1;
  found.readable = true;
  found.ambiguous = false;
  let knownStart = 0;
  let knownEnd = 0;
  for (let sender = findFirst(bytes, start, end, SENDER); sender >= 0;) {
    const from = findLast(bytes, start, sender, FROM);
    if (from >= 0) {
      const client = from + FROM.length;
      const isPeer = peer.read(bytes, words, client, sender) && peer.next === sender;
      // `local` stands for mail that was submitted on the machine itself.
      if (!isPeer) peer.family = 0;
      found.readable = !isPeer || peer.readable;
      if (found.last >= 0 && !sameBytes(bytes, client, sender, knownStart, knownEnd)) {
        found.ambiguous = true;
      }
      knownStart = client;
      knownEnd = sender;
      found.last = sender;
    }
    sender = findFirst(bytes, sender + 1, end, SENDER);
  }
  return found;
}
