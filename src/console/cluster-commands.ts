import { formatNetwork } from '../model/address.ts';
import { didYouMean } from '../model/suggest.ts';
import type { AuditConsole } from './audit-console.ts';
import { blockTree } from './block-tree.ts';
import { CommandMistake } from './mistake.ts';
import type { Word } from './words.ts';

/** Of the objects that nodes share, the one that logs tell. */
export const SHARED_OBJECT = 'inbound_cidr';

/** `cluster shared list`: what can be shown, the name to the right of 30 columns. */
export function listShared(_words: readonly Word[], console: AuditConsole): void {
  const row = `${SHARED_OBJECT.padStart(30)} [lazy, cidrtree w/ snapshots]\n`;
  console.out(`Currently managed objects:\n${isShared(console) ? row : ''}`);
}

/** `cluster shared show`: open SMTP sessions by block, of all nodes or of one. */
export function showShared(words: readonly Word[], console: AuditConsole): void {
  const from = words.at(1);
  refuseOther(words[0], console);
  const node = from && readNode(from, words.at(2), console.target.engine.nodes);
  const view = node === undefined ? 'global' : nodeView(node);
  let text = `lazy, snapped cidrtree '${SHARED_OBJECT}', view '${view}'\n`;
  const sessions = console.target.openSessions().filter((session) => {
    return session.service === 'SMTP' && (node === undefined || session.node === node);
  });
  for (const { block, count } of blockTree(sessions.map(({ ip }) => ip))) {
    text += `${String(count).padStart(7)}${' '.repeat(25)}${formatNetwork(block)}\n`;
  }
  console.out(text);
}

/** The number is that of the server's process, which no log tells. */
const nodeView = (node: string): string => `#ec1-0#${node}`;

/** Whether nodes tell each other of open sessions. */
function isShared({ target }: AuditConsole): boolean {
  return target.engine.replication.sessions !== undefined;
}

function refuseOther(object: Word, console: AuditConsole): void {
  const isKept = object.text === SHARED_OBJECT;
  if (isKept && isShared(console)) return;
  throw new CommandMistake(
    'console-object',
    object,
    `no shared object '${object.text}'`,
    isKept
      ? `the configuration has no Replicate "${SHARED_OBJECT}"`
      : `only ${SHARED_OBJECT} is kept: logs tell which sessions clients open, not those that a server does`,
  );
}

/** @throws {CommandMistake} when the words behind the object are not `from` and a known node */
function readNode(from: Word, name: Word | undefined, nodes: readonly string[]): string {
  if (from.text !== 'from') {
    const message = `expected from <node>, found '${from.text}'`;
    throw new CommandMistake('console-words', from, message);
  }
  if (name === undefined) {
    const span = { start: from.end, end: from.end + 1 };
    throw new CommandMistake('console-words', span, 'expected <node>');
  }
  if (nodes.includes(name.text)) return name.text;
  const known = nodes.map(asWord);
  const hints = [didYouMean(name.text, known), `nodes: ${known.join(', ')}`];
  throw new CommandMistake(
    'console-node',
    name,
    `no node '${name.text}'`,
    nodes.length === 0
      ? 'no node has had an event yet'
      : hints.filter((hint) => hint !== undefined).join(' '),
  );
}

/** A name as a command has it: in quotes where it is empty or has blanks. */
export function asWord(name: string): string {
  return /^$|\s/.test(name) ? `"${name}"` : name;
}
