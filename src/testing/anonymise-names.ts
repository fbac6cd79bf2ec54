/** HMAC-SHA256 of a text under the user's key; at least 24 bytes of it. */
export type KeyedHash = (text: string) => Uint8Array;

const LETTERS = 'bcdfghjklmnpqrstvwxz';
const DIGITS = '0123456789';
const HEX = '0123456789ABCDEF';
/** Postfix's alphabet of long queue ids, without the `z` that parts time and inode. */
const LONG_ID = `${DIGITS}BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxy`;
const LONG_ID_FORM =
  /^[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]{10}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]+$/;
const NAME_LETTERS = 8;
const LONGEST_NAME = 255;
/** The names that RFC 2606 sets apart end so; nobody can own one. */
const TOP_LEVEL = 'example';

/**
 * Pseudonyms of names: the same for the same text under the same key, and different for different
 * texts. All texts are latin1, one character for a byte.
 */
export class NamePseudonyms {
  readonly #hash: KeyedHash;
  readonly #known = new Map<string, string>();
  readonly #taken = new Set<string>();

  constructor(hash: KeyedHash) {
    this.#hash = hash;
  }

  /**
   * A host, a domain or anything else with dots: label by label, so that names below one domain
   * stay below one. The last of several labels becomes `example`.
   */
  host(text: string): string {
    if (/^localhost\.?$/i.test(text)) return text;
    // No name of DNS is as long: labels by the thousand would cost their square.
    if (text.length > LONGEST_NAME) return this.#styledName('h', text, '');
    const labels = text.split('.');
    const last = labels.length - 1;
    return labels
      .map((label, index) => {
        if (label === '') return '';
        if (index === last && index > 0) return styled(TOP_LEVEL, label);
        const suffix = labels.slice(index + 1).join('.');
        return this.#styledName('h', label, `.${suffix.toLowerCase()}`);
      })
      .join('.');
  }

  /** The part of a mailbox before its `@`. */
  local(text: string): string {
    return this.#styledName('u', text, '@');
  }

  /** A word of a text. */
  word(text: string): string {
    return this.#styledName('w', text, '');
  }

  /** A number, of the same length. */
  number(text: string): string {
    return this.#unique('number', text, (bytes) => pick(text, DIGITS, bytes));
  }

  /** A queue id of the same form and length, which Postfix itself could have given. */
  queueId(text: string): string {
    return this.#unique('queue', text, (bytes) => {
      if (/^[0-9A-F]+$/.test(text)) return pick(text, HEX, bytes);
      if (LONG_ID_FORM.test(text)) {
        return `${pick(text.slice(0, 10), LONG_ID, bytes)}z${pick(text.slice(11), LONG_ID, bytes.subarray(10))}`;
      }
      return text.replaceAll(/[0-9A-Za-z]/g, (letter, index: number) => {
        const byte = bytes[index % bytes.length];
        if (/\d/.test(letter)) return DIGITS[byte % 10];
        const own = LETTERS[byte % LETTERS.length];
        return /[A-Z]/.test(letter) ? own.toUpperCase() : own;
      });
    });
  }

  /** One letter for the kind of name, then letters of the hash; letter case as far as it is plain. */
  #styledName(kind: string, text: string, context: string): string {
    return this.#unique(`${kind}${context}`, text, (_, attempt) => {
      const bytes = this.#hash(`${kind}${context}\0${text.toLowerCase()}\0${attempt}`);
      let name = kind;
      for (let index = 0; index < NAME_LETTERS; index++) {
        name += LETTERS[bytes[index] % LETTERS.length];
      }
      return styled(name, text);
    });
  }

  /** What `make` gives for the first attempt whose result no other text of the kind has. */
  #unique(
    kind: string,
    text: string,
    make: (bytes: Uint8Array, attempt: number) => string,
  ): string {
    const key = `${kind}\0${text}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    for (let attempt = 0; ; attempt++) {
      const made = make(this.#hash(`${key}\0${attempt}`), attempt);
      const name = `${kind}\0${made}`;
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      this.#known.set(key, made);
      return made;
    }
  }
}

/** As many letters of an alphabet as the text has. */
function pick(text: string, alphabet: string, bytes: Uint8Array): string {
  let out = '';
  for (let index = 0; index < text.length; index++) {
    out += alphabet[bytes[index % bytes.length] % alphabet.length];
  }
  return out;
}

/** `name` in the letter case of `text`: all capitals, a capital first, or small. */
function styled(name: string, text: string): string {
  if (text === text.toLowerCase()) return name;
  if (text === text.toUpperCase()) return name.toUpperCase();
  return name[0].toUpperCase() + name.slice(1);
}
