import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Network } from '../model/address.ts';
import { UserError } from '../model/errors.ts';
import { AddressCipher, AddressPseudonyms } from '../testing/anonymise-address.ts';
import { NamePseudonyms } from '../testing/anonymise-names.ts';
import { TextPseudonyms } from '../testing/anonymise-text.ts';
import { attempt } from './durable-files.ts';

export interface KeyFlags {
  readonly anonymize?: boolean;
  readonly key?: string;
  readonly keyText?: string;
}

const KEY_BYTES = 32;
const HALF = 16;
const FORM = 'a key is 32 bytes or 64 hexadecimal digits: openssl rand -hex 32 > cut.key';

/** What replaces names and addresses. */
export interface CutPseudonyms {
  readonly addresses: AddressPseudonyms;
  readonly texts: TextPseudonyms;
}

/** The key that the user names, a new one when there is none; undefined: nothing is replaced. */
export function keyOption({ anonymize, key, keyText }: KeyFlags): Buffer | undefined {
  if (anonymize !== true) {
    const option = key === undefined ? (keyText === undefined ? undefined : '--key-text') : '--key';
    if (option === undefined) return undefined;
    throw new UserError(`${option} goes with --anonymize`);
  }
  if (key !== undefined && keyText !== undefined) {
    throw new UserError('--key and --key-text: one key is enough');
  }
  if (keyText !== undefined) {
    const bytes = hexKey(keyText);
    // The key itself is not repeated: it may stand in a terminal that others see.
    if (bytes === undefined) throw new UserError('--key-text: not a key', FORM);
    return bytes;
  }
  if (key === undefined) return randomBytes(KEY_BYTES);
  const bytes = attempt(`the key ${key}`, () => readFileSync(key), 'read');
  if (bytes.length === KEY_BYTES) return bytes;
  const read = hexKey(bytes.toString('latin1').trim());
  if (read === undefined) throw new UserError(`--key ${key}: not a key`, FORM);
  return read;
}

function hexKey(text: string): Buffer | undefined {
  return /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : undefined;
}

/** @param fixed networks whose addresses stay as they are */
export function pseudonymsUnder(key: Buffer, fixed: readonly Network[]): CutPseudonyms {
  const aes = createCipheriv('aes-128-ecb', key.subarray(0, HALF), null).setAutoPadding(false);
  const cipher = new AddressCipher((block) => aes.update(block), key.subarray(HALF));
  const addresses = new AddressPseudonyms(cipher, fixed);
  const hash = (text: string): Buffer => {
    return createHmac('sha256', key).update(text, 'latin1').digest();
  };
  return { addresses, texts: new TextPseudonyms(addresses, new NamePseudonyms(hash)) };
}
