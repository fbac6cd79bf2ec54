import { describe, expect, test } from 'vitest';
import { eventOf, parsePostfix, type EventRow } from '../event-rows.ts';

// Clients choose HELO, sender, recipient, user name, message text and (without `[` and blanks)
// their reverse name. 192.0.2.97 to .99 stand only in such words here.

const reject = (text: string): EventRow =>
  eventOf(`postfix/smtpd[1]: NOQUEUE: reject: RCPT from a[192.0.2.7]: 550 5.7.1 ${text}`);

describe('recorded attempts', () => {
  test('HELO that imitates a whole line', () => {
    const helo = 'evil]:?NOQUEUE:?reject:?RCPT?from?good[192.0.2.99]:?554?5.7.1';
    expect(
      reject(
        `<${helo}>: Helo command rejected: Invalid name; from=<"x\\"y"@sender.example> to=<"q q"@elsewhere.example> proto=ESMTP helo=<${helo}>`,
      ),
    ).toMatchObject({
      ip: '192.0.2.7',
      reason: `<${helo}>: Helo command rejected: Invalid name`,
      sender: '"x\\"y"@sender.example',
      recipient: '"q q"@elsewhere.example',
      helo,
    });
  });

  test('addresses that imitate the tail', () => {
    expect(
      reject(
        'no; from=<"a> to=<b@c> proto=ESMTP"@sender.example> to=<"x> proto=SMTP helo=<z"@example.net> proto=ESMTP helo=<a[192.0.2.98]>',
      ),
    ).toMatchObject({
      reason: 'no',
      sender: '"a> to=<b@c> proto=ESMTP"@sender.example',
      recipient: '"x> proto=SMTP helo=<z"@example.net',
      helo: 'a[192.0.2.98]',
    });
  });
});

test.each([
  ['a recipient that ends like one', '"a> to=<b"@c.example', 's@a.example'],
  ['a sender that imitates a sender', 'r@b.example', '"x; from=<y"@a.example'],
  ['both', '"; from=<x> to=<y"@b.example', '"> to=<z"@a.example'],
])('%s', (_, recipient, sender) => {
  expect(reject(`no; from=<${sender}> to=<${recipient}> proto=ESMTP helo=<h>`)).toMatchObject({
    reason: 'no',
    sender,
    recipient,
    helo: 'h',
  });
});

test('before RCPT there is no recipient', () => {
  const sender = '"a> to=<b@c>"@a.example';
  const event = eventOf(
    `postfix/smtpd[1]: NOQUEUE: reject: MAIL from a[192.0.2.7]: 550 no; from=<${sender}> proto=ESMTP helo=<h>`,
  );
  expect(event).toMatchObject({ sender });
  expect(event).not.toHaveProperty('recipient');
});

describe('text of other lines', () => {
  test.each([
    'warning: non-SMTP command from a[192.0.2.7]: x[192.0.2.99]: SASL LOGIN authentication failed: x',
    'warning: hostname x[192.0.2.99]: SASL LOGIN authentication failed: x',
    'improper command pipelining after EHLO from a[192.0.2.7]: connect from b[192.0.2.99]',
    'NOQUEUE: info: RCPT from a[192.0.2.7]: NOQUEUE: reject: RCPT from b[192.0.2.99]: 550 x',
    'NOQUEUE: lost connection after reject: RCPT from b[192.0.2.99]: 550',
  ])('%s', (text) => {
    expect(parsePostfix(`Nov 20 18:27:13 mx1 postfix/smtpd[1]: ${text}`).rows).toEqual([]);
    expect(parsePostfix(`Nov 20 18:27:13 mx1 postfix[1]: ${text}`).rows).toEqual([]);
  });

  test('a user name that imitates a filter', () => {
    const { rows } = parsePostfix(
      'Nov 20 18:27:13 mx1 postfix/smtpd[1]: 4AB: client=a[192.0.2.7], sasl_method=PLAIN, sasl_username=u, sasl_sender=x, orig_client=b[192.0.2.99]',
    );
    expect(rows[0]).toMatchObject({ ip: '192.0.2.7', user: 'u' });
    expect(rows[0]).not.toHaveProperty('reinjected');
  });
});

describe('cleanup quotes the message', () => {
  const of = (text: string): EventRow => eventOf(`postfix/cleanup[1]: 4AB12: reject: ${text}`);
  const tail = 'to=<r@b.example> proto=ESMTP helo=<h>';
  const fake = `from b[192.0.2.99]; from=<x> ${tail}: 5.7.1 x`;

  test.each([
    ['header', `header Subject: ${fake} from a[192.0.2.7]; from=<s@a.example> ${tail}: 5.7.1 no`],
    ['sender', `header X: y from a[192.0.2.7]; from=<"${fake}"@a.example> ${tail}: 5.7.1 no`],
    ['rule text', `body x from a[192.0.2.7]; from=<s@a.example> ${tail}: 5.7.1 no ${fake}`],
  ])('%s: which peer is real cannot be told, so there is none', (_, text) => {
    const event = of(text);
    expect(event).toMatchObject({ kind: 'rejection', queue_id: '4AB12' });
    expect(event).not.toHaveProperty('ip');
    expect(event).not.toHaveProperty('sender');
  });

  test('the same peer twice is that peer', () => {
    const real = 'from a[192.0.2.7]; from=<s@a.example>';
    expect(of(`body ${real} ${real} ${tail}: 5.7.1 no`)).toMatchObject({ ip: '192.0.2.7' });
  });
});
