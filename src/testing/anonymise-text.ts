import { formatAddress, readAddressText } from '../model/address.ts';
import type { AddressPseudonyms } from './anonymise-address.ts';
import type { NamePseudonyms } from './anonymise-names.ts';
import { isServerWord } from './anonymise-words.ts';

/** Fields of Postfix whose value is a number, several parted by `/`, or `1.23`. */
const NUMBER_FIELDS =
  'size|nrcpt|delays?|dsn|conn_use|ehlo|helo|mail|rcpt|data|bdat|rset|quit|noop|vrfy|etrn|auth|' +
  'starttls|xclient|xforward|unknown|commands|help|retained|dropped';
/** Any form of IPv6, with a zone. */
const LONGEST_ADDRESS = 60;
const WORD = '[0-9A-Za-z_\\x80-\\xff-]';

/**
 * The parts of a text, the first alternative that fits counts. Whatever none of them takes is
 * punctuation and stays.
 */
const PARTS = new RegExp(
  [
    // The client's words up to the next field, or to the end.
    '(?<field>sasl_username=|sasl_sender=)(?<user>(?!<)(?:(?! sasl_sender=|, sasl_sender=|, orig_queue_id=|, orig_client=).)*)',
    '(?<numbers>(?<![\\w-])(?:' + NUMBER_FIELDS + ')=[\\d./]+(?![\\w-]))',
    '(?<times>(?<=repeated )\\d+(?= times?))',
    '<(?<quoted>[^<>]*)>',
    '(?<queueId>(?<=queued as |notification: |orig_queue_id=)[0-9A-Za-z]{5,40}(?![\\w.@-]))',
    '(?<peer>[^\\s\\[\\]<>,;:()="\']{1,300})(?=\\[(?:[0-9A-Fa-f:.]+|unknown)\\])',
    '(?<mailbox>[^\\s<>"\'(),;:\\[\\]=@]{1,320}@(?:\\[[^\\]\\s]*\\]|[0-9A-Za-z_.\\x80-\\xff-]*' +
      WORD +
      ')?)',
    '(?<=IPv6:)(?<tagged>[0-9A-Fa-f:.]+)',
    '(?<address>(?<![\\w.])(?=[0-9A-Fa-f:]*:[0-9A-Fa-f]*:)[0-9A-Fa-f:.]*[0-9A-Fa-f:](?![\\w-]))',
    '(?<dotted>' + WORD + '+(?:\\.' + WORD + '+)+)',
    '(?<word>' + WORD + '+)',
  ].join('|'),
  'gs',
);

/** Where the rest of a line is what a client or a message said, word for word. */
const FOREIGN = [
  // From `header ` to the last client: cleanup's refusals of contents.
  /\b(?:reject|warning|hold|discard|redirect|filter|prepend|replace|info|strip|bcc|pass): (?:header|body|mime header|nested header) (?<said>.*)(?= from (?:local|[^\s[\]]+\[[^\]]*\]))/ds,
  /\b(?:pipelining|non-SMTP command|bare <LF>|BARE NEWLINE|NON-SMTP COMMAND|PREGREET|COMMAND [A-Z ]+)\b[^[]*\[[^\]]*\](?::\d+)?[:, ](?<said>.*)$/ds,
];

const QUEUE_ID = /^(?:message repeated \d+ times?: \[ ?)?(?<id>[0-9A-Za-z]{5,40}): /d;

/** Replaces what a text tells of people and machines; texts are latin1, one character for a byte. */
export class TextPseudonyms {
  readonly #addresses: AddressPseudonyms;
  readonly #names: NamePseudonyms;

  constructor(addresses: AddressPseudonyms, names: NamePseudonyms) {
    this.#addresses = addresses;
    this.#names = names;
  }

  /** The text of a log line: a queue id may lead it. */
  line(text: string): string {
    const [start, end] = QUEUE_ID.exec(text)?.indices?.groups?.['id'] ?? [0, 0];
    const id = text.slice(start, end);
    if (end === 0 || isServerWord(id)) return this.text(text);
    return `${this.text(text.slice(0, start))}${this.queueId(id)}${this.text(text.slice(end))}`;
  }

  /** Any text: a server's plain words stay, all else is replaced. */
  text(text: string): string {
    for (const pattern of FOREIGN) {
      const [start, end] = pattern.exec(text)?.indices?.groups?.['said'] ?? [0, 0];
      if (end === 0) continue;
      return (
        this.#replace(text.slice(0, start), false) +
        this.#replace(text.slice(start, end), true) +
        this.#replace(text.slice(end), false)
      );
    }
    return this.#replace(text, false);
  }

  queueId(text: string): string {
    return this.#names.queueId(text);
  }

  host(text: string): string {
    return this.address(text) ?? this.#names.host(text);
  }

  /** What stands alone between brackets or in a column: a mailbox, an address, a host, a name. */
  value(text: string): string {
    if (text === '') return '';
    const literal = /^\[(?<tag>IPv6:)?(?<inner>[^\]]*)\](?<port>:\d{1,5})?$/i.exec(text)?.groups;
    if (literal !== undefined) {
      const { tag = '', inner, port = '' } = literal;
      return `[${tag}${this.address(inner) ?? this.#names.word(inner)}]${port}`;
    }
    const at = text.lastIndexOf('@');
    if (at === -1) return this.host(text);
    const local = text.slice(0, at);
    const domain = text.slice(at + 1);
    const shown = local === '' ? '' : this.#names.local(local);
    return `${shown}@${this.value(domain)}`;
  }

  /** The pseudonym of an address; undefined when the text is none. */
  address(text: string): string | undefined {
    if (text.length > LONGEST_ADDRESS) return undefined;
    const words = new Int32Array(4);
    const family = readAddressText(text.replace(/%.*$/s, ''), words);
    if (family === 0) return undefined;
    const [w0, w1, w2, w3] = this.#addresses.of(family, words);
    return formatAddress(family, w0, w1, w2, w3);
  }

  /** @param foreign whether not even plain words stay, but what leads to the client */
  #replace(text: string, foreign: boolean): string {
    return text.replace(PARTS, (...found: unknown[]) => {
      const [part] = found as [string];
      const {
        field,
        user,
        numbers,
        times,
        quoted,
        queueId,
        peer,
        mailbox,
        tagged,
        address,
        dotted,
      } = found.at(-1) as Readonly<Record<string, string | undefined>>;
      if (numbers !== undefined) return foreign ? this.#masked(part) : part;
      if (times !== undefined) return part;
      if (field !== undefined)
        return `${field}${user === '(unavailable)' ? user : this.value(user!)}`;
      if (quoted !== undefined) return `<${this.value(quoted)}>`;
      if (queueId !== undefined) return this.queueId(part);
      if (peer !== undefined) return part === 'unknown' ? part : this.host(part);
      if (mailbox !== undefined) return this.value(part);
      if (tagged !== undefined || address !== undefined) return this.#colons(part);
      if (dotted !== undefined) return this.#dotted(part);
      return this.#word(part, foreign);
    });
  }

  /** Hexadecimal digits with colons: an address, perhaps with something before or behind it. */
  #colons(part: string): string {
    for (const trim of [/^(?<before>)(?<own>.*)$/s, /^(?<before>:)(?<own>.*)$/s]) {
      const { before, own } = trim.exec(part)?.groups ?? {};
      if (own === undefined) continue;
      const found = this.address(own) ?? this.address(own.replace(/[.:]$/, ''));
      if (found !== undefined)
        return `${before}${found}${/(?<![:]):$|\.$/.test(own) ? own.at(-1) : ''}`;
    }
    // A port between colons, as behind the client of a reject.
    return /^:\d{1,5}:$/.test(part) ? part : this.#masked(part);
  }

  #masked(part: string): string {
    return part.replaceAll(/\w+/g, (word) => this.#names.word(word));
  }

  #dotted(part: string): string {
    const found = this.address(part);
    if (found !== undefined) return found;
    // Enhanced codes, versions and delays: at most three short numbers.
    return /^(?:TLSv)?\d{1,4}(?:\.\d{1,4}){1,2}$/.test(part) ? part : this.#names.host(part);
  }

  #word(word: string, foreign: boolean): string {
    if (/^\d+$/.test(word)) return word.length <= 5 ? word : this.#names.number(word);
    if (/^-+$/.test(word) || (foreign ? word === 'from' : isServerWord(word))) return word;
    return this.#names.word(word);
  }
}
