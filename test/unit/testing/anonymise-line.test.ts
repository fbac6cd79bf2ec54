import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SyslogHeader } from '../../../src/input/syslog-header.ts';
import { anonymiseFields, anonymiseLine } from '../../../src/testing/anonymise-line.ts';
import { AddressCipher, AddressPseudonyms } from '../../../src/testing/anonymise-address.ts';
import { NamePseudonyms } from '../../../src/testing/anonymise-names.ts';
import { TextPseudonyms } from '../../../src/testing/anonymise-text.ts';

// A cipher of zeros turns no bit: addresses stay.
const addresses = new AddressPseudonyms(
  new AddressCipher((block) => Uint8Array.from(block, () => 0), new Uint8Array(16)),
  [],
);
const names = new NamePseudonyms((text) => createHmac('sha256', 'key').update(text).digest());
const texts = new TextPseudonyms(addresses, names);

function shown(line: string): string {
  const header = new SyslogHeader();
  const bytes = Buffer.from(`${line}\n`, 'latin1');
  expect(header.read(bytes, 0, bytes.length - 1)).toBe(true);
  return anonymiseLine(bytes, 0, header, texts);
}

describe('a line keeps its form', () => {
  const host = names.host('mx1');
  test.each([
    [
      'Mar  1 10:00:00 mx1 postfix/smtpd[7]: lost',
      `Mar  1 10:00:00 ${host} postfix/smtpd[7]: lost`,
    ],
    [
      '<22>1 2026-03-01T10:00:00Z mx1 postfix/smtpd 7 - - lost',
      `<22>1 2026-03-01T10:00:00Z ${host} postfix/smtpd 7 - - lost`,
    ],
    ['Mar  1 10:00:00 mx1 mx-in/smtpd[7]: lost', `Mar  1 10:00:00 ${host} mx-in/smtpd[7]: lost`],
    [
      'Mar  1 10:00:00 mx1 last message repeated 3 times',
      `Mar  1 10:00:00 ${host} last message repeated 3 times`,
    ],
    [
      'Mar  1 10:00:00 mx1 postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]:30396: 554 5.7.1 x',
      `Mar  1 10:00:00 ${host} postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]:30396: 554 5.7.1 ${names.word('x')}`,
    ],
    [
      'Mar  1 10:00:00 mx1 secret[7]: alice',
      `Mar  1 10:00:00 ${host} ${names.word('secret')}[7]: ${names.word('alice')}`,
    ],
  ])('%s', (line, expected) => {
    expect(shown(line)).toBe(expected);
  });
});

describe('names', () => {
  test('a domain stays one, with those below it', () => {
    const [own, below, other] = ['b.com', 'a.b.com', 'a.c.com'].map((text) => names.host(text));
    expect(own).toMatch(/^h[a-z]{8}\.example$/);
    expect(below.endsWith(`.${own}`)).toBe(true);
    expect(other.endsWith(`.${own}`)).toBe(false);
    expect(texts.value('alice@b.com')).toBe(`${names.local('alice')}@${own}`);
  });

  test('what is longer than a name can be is one label', () => {
    expect(names.host('a.'.repeat(50_000))).toMatch(/^h[a-z]{8}$/);
  });

  test('one label below two domains has two names', () => {
    const [a, b] = ['mail.b.com', 'mail.c.com'].map((text) => names.host(text).split('.')[0]);
    expect(a).not.toBe(b);
  });

  test('what stands between angle brackets is replaced, plain word or not', () => {
    const [to, helo] = ['mail', 'user'].map((word) => names.host(word));
    expect(texts.text('to=<mail> helo=<user>')).toBe(`to=<${to}> helo=<${helo}>`);
  });

  test('of what a client wrote not even plain words stay', () => {
    for (const [line, words] of [
      ['3A1B2C3D4E: reject: header Subject: account error from a[192.0.2.7]; x', /account|error/],
      ['PREGREET 9 after 0 from [192.0.2.7]:99: EHLO mail', /EHLO|mail/],
      ['warning: non-SMTP command from a[192.0.2.7]: GET mail', /GET|mail/],
    ] as const) {
      expect(texts.line(line)).not.toMatch(words);
      expect(texts.line(line)).toMatch(/from \S*\[192\.0\.2\.7\]/);
    }
  });

  test('letter case shows where it is plain, and different cases stay different', () => {
    const all = ['mail', 'MAIL', 'Mail', 'mAil'].map((text) => names.host(text));
    expect(all[1]).toBe(all[0].toUpperCase());
    expect(all[2].toLowerCase()).toBe(all[0]);
    expect(new Set(all).size).toBe(4);
  });

  test.each([
    ['3A1B2C3D4E', /^[0-9A-F]{10}$/],
    [
      '4jWMj02jKBzqy4K',
      /^[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]{10}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]{4}$/,
    ],
    ['k1QabcXY9', /^[a-z]\d[A-Z][a-z]{3}[A-Z]{2}\d$/],
  ])('queue id %s keeps its form', (id, form) => {
    expect(texts.queueId(id)).toMatch(form);
    expect(texts.queueId(id)).not.toBe(id);
    expect(texts.line(`${id}: removed`)).toBe(`${texts.queueId(id)}: removed`);
  });

  test('queue ids that are short do not meet', () => {
    const ids = Array.from({ length: 3000 }, (_, n) =>
      n.toString(16).toUpperCase().padStart(5, '0'),
    );
    expect(new Set(ids.map((id) => names.queueId(id))).size).toBe(ids.length);
  });

  test('what is nobody stays', () => {
    for (const text of [
      'unknown[unknown]',
      'localhost[unknown]',
      'from=<>, size=1234567, nrcpt=2',
    ]) {
      expect(texts.text(text)).toBe(text);
    }
    expect(texts.text('sasl_username=(unavailable)')).toBe('sasl_username=(unavailable)');
  });
});

test('the fields of a CSV', () => {
  const columns = {
    time: '2026-03-01T10:00:00Z',
    session: 'postfix/smtpd[7]',
    queue_id: '3A1B2C3D4E',
    sender: 'alice@b.com',
    reason: 'User unknown: bob',
    node: 'mx1',
    other: 'secret',
  };
  const fields = Object.entries(columns).map(([column, text]) => ({ column, text }));
  const fieldOf = (column: string): string | undefined => (column === 'other' ? undefined : column);
  expect(anonymiseFields(fields, fieldOf, texts)).toEqual([
    columns.time,
    columns.session,
    names.queueId('3A1B2C3D4E'),
    texts.value('alice@b.com'),
    `User unknown: ${names.word('bob')}`,
    names.host('mx1'),
    '',
  ]);
});
