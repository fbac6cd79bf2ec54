// Goal: nothing that a log tells of people and machines is left in its anonymised lines.
// Method: random addresses, hosts, mailboxes, users and texts are planted where servers log them,
// and none of them, nor any part that could be recognised, stands in the output.
import { createHmac, createCipheriv } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAddress, readAddressText } from '../../src/model/address.ts';
import { AddressCipher, AddressPseudonyms } from '../../src/testing/anonymise-address.ts';
import { NamePseudonyms } from '../../src/testing/anonymise-names.ts';
import { TextPseudonyms } from '../../src/testing/anonymise-text.ts';

function texts(secret: Buffer): TextPseudonyms {
  const aes = createCipheriv('aes-128-ecb', secret.subarray(0, 16), null).setAutoPadding(false);
  const cipher = new AddressCipher((block) => aes.update(block), secret.subarray(16));
  const hash = (text: string): Buffer =>
    createHmac('sha256', secret).update(text, 'latin1').digest();
  return new TextPseudonyms(new AddressPseudonyms(cipher, []), new NamePseudonyms(hash));
}
const SECRET = Buffer.alloc(32, 9);

/** Letters, with vowels, so that no pseudonym looks like it. */
const name = fc
  .string({
    unit: fc.constantFrom('a', 'e', 'i', 'o', 'u', 'A', 'E', 'O', 'k', 'm', 'z', '0'),
    minLength: 6,
    maxLength: 12,
  })
  .map((text) => `o${text}a`);
const host = fc.array(name, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'));
const octet = fc.integer({ min: 1, max: 254 });
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const ipv6 = fc
  .tuple(fc.integer({ min: 0x2000_0000, max: 0x3fff_ffff }), word, word, word)
  .map(([a, b, c, d]) => formatAddress(6, a, b, c, d));
const address = fc.oneof(ipv4, ipv6);

interface Secrets {
  readonly peer: string;
  readonly other: string;
  readonly host: string;
  readonly helo: string;
  readonly sender: string;
  readonly recipient: string;
  readonly user: string;
  readonly said: string;
  readonly id: string;
}
const secrets: fc.Arbitrary<Secrets> = fc.record({
  peer: address,
  other: address,
  host: fc.oneof(host, name),
  helo: fc.oneof(host, name),
  sender: fc.tuple(name, host).map((parts) => parts.join('@')),
  recipient: fc.tuple(name, host).map((parts) => parts.join('@')),
  user: fc.oneof(
    name,
    fc.tuple(name, name).map((parts) => parts.join(' ')),
  ),
  said: fc.array(name, { minLength: 1, maxLength: 4 }).map((words) => words.join(' ')),
  id: fc.string({
    unit: fc.constantFrom('0', '1', '5', '7', '9', 'A', 'C', 'E'),
    minLength: 8,
    maxLength: 12,
  }),
});

/** Lines as Postfix writes them, and some that no server would. */
const TEMPLATES: readonly ((s: Secrets) => string)[] = [
  (s) => `connect from ${s.host}[${s.peer}]`,
  (s) => `connect from unknown[${s.peer}]:4711`,
  (s) => `CONNECT from [${s.peer}]:2525 to [${s.other}]:25`,
  (s) => `PREGREET 14 after 0.2 from [${s.peer}]:2525: EHLO ${s.said}\\r\\n`,
  (s) => `warning: hostname ${s.host} does not resolve to address ${s.peer}`,
  (s) => `${s.id}: client=${s.host}[${s.peer}], sasl_method=PLAIN, sasl_username=${s.user}`,
  (s) => `${s.id}: message-id=<${s.sender}>`,
  (s) => `${s.id}: from=<${s.sender}>, size=123456, nrcpt=2 (queue active)`,
  (s) =>
    `${s.id}: to=<${s.recipient}>, orig_to=<${s.sender}>, relay=${s.host}[${s.other}]:25, delay=1.2, ` +
    `status=bounced (host ${s.host}[${s.other}] said: 550 5.1.1 <${s.recipient}>: ${s.said} (in reply to RCPT TO command))`,
  (s) =>
    `NOQUEUE: reject: RCPT from ${s.host}[${s.peer}]: 554 5.7.1 Service unavailable; Client host ` +
    `[${s.peer}] blocked using ${s.host}; https://${s.host}/q/${s.peer}; from=<${s.sender}> ` +
    `to=<${s.recipient}> proto=ESMTP helo=<${s.helo}>`,
  (s) =>
    `NOQUEUE: reject: RCPT from unknown[${s.peer}]: 450 4.1.8 <${s.sender}>: Sender address rejected: ${s.said}; from=<${s.sender}> to=<${s.recipient}> proto=ESMTP helo=<[${s.other}]>`,
  (s) =>
    `NOQUEUE: reject: RCPT from unknown[${s.peer}]: 504 5.5.2 <[IPv6:${s.other}]>: x; helo=<[IPv6:${s.other}]>`,
  (s) =>
    `${s.id}: reject: header Subject: ${s.said} from the user unknown from ${s.host}[${s.peer}]; from=<${s.sender}> to=<${s.recipient}> proto=ESMTP helo=<${s.helo}>: 5.7.1 ${s.said}`,
  (s) =>
    `warning: ${s.host}[${s.peer}]: SASL LOGIN authentication failed: ${s.said}, sasl_username=${s.user}`,
  (s) =>
    `improper command pipelining after EHLO from ${s.host}[${s.peer}]: MAIL FROM:<${s.sender}> ${s.said}`,
  (s) => `warning: non-SMTP command from ${s.host}[${s.peer}]: GET /${s.said} HTTP/1.1`,
  (s) => `addr ${s.peer} listed by domain ${s.host} as 127.0.0.2`,
  (s) => `statistics: max connection rate 1/60s for (smtp:${s.peer}) at Nov 20 18:27:13`,
  (s) => `${s.said} ${s.sender} ${s.host} ${s.peer}: "${s.user}" '${s.helo}' (${s.recipient})`,
  (s) =>
    `ip-${s.peer.replaceAll(/[.:]/g, '-')}.${s.host} ::ffff:192.0.2.77 x=${s.sender},${s.other}/24`,
];

/** What of a secret could be recognised: it, and its parts. */
function partsOf(secret: string): string[] {
  const words = new Int32Array(4);
  if (readAddressText(secret, words) !== 0) return [secret, secret.replaceAll(/[.:]/g, '-')];
  return [secret, ...secret.split(/[@. ]/)];
}

test('no secret, nor a part of one, is left', () => {
  fc.assert(
    fc.property(
      secrets,
      fc.array(fc.nat(TEMPLATES.length - 1), { minLength: 1, maxLength: 4 }),
      (planted, chosen) => {
        const names = texts(SECRET);
        for (const index of chosen) {
          const line = TEMPLATES[index](planted);
          const shown = names.line(Buffer.from(line).toString('latin1'));
          for (const secret of Object.values<string>({ ...planted })) {
            for (const part of partsOf(secret)) {
              const lower = shown.toLowerCase();
              expect(lower.includes(part.toLowerCase()), `${part} in\n${shown}\nof\n${line}`).toBe(
                false,
              );
            }
          }
        }
      },
    ),
    { numRuns: 400 },
  );
});

test('each template is read alone', () => {
  const [planted] = fc.sample(secrets, { numRuns: 1, seed: 5 });
  for (const template of TEMPLATES) {
    const line = template(planted);
    const shown = texts(SECRET).line(line);
    for (const part of Object.values<string>({ ...planted }).flatMap(partsOf)) {
      expect(shown.toLowerCase()).not.toContain(part.toLowerCase());
    }
  }
});

test('names are the same for the same text and different for different ones', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(
        fc.oneof(
          host,
          name,
          secrets.map(({ sender }) => sender),
        ),
        { maxLength: 20 },
      ),
      (all) => {
        const names = texts(SECRET);
        const shown = all.map((text) => names.value(text));
        expect(new Set(shown).size).toBe(all.length);
        expect(all.map((text) => names.value(text))).toEqual(shown);
      },
    ),
    { numRuns: 50 },
  );
});
