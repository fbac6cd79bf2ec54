import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SyslogHeader } from '../../src/input/syslog-header.ts';
import { mutant } from '../fuzz/mutants.ts';
import { Random } from '../fuzz/random.ts';
import { fixture, parsePostfix } from '../unit/input/event-rows.ts';

const FORMS = ['recorded.log', 'recorded.rfc3339.log', 'recorded.rfc5424.log'];
const lines = FORMS.flatMap((name) =>
  fixture(`postfix/${name}.gz`).toString('latin1').trimEnd().split('\n'),
);

// Goal: words that a client chooses never become the address of an event.
// Method: put random text, with addresses that no client had, where Postfix writes such words.
test('chosen words', () => {
  const chosen = fc
    .array(
      fc.constantFrom(
        'a',
        '"',
        '\\',
        '<',
        '>',
        ';',
        ',',
        ':',
        ' ',
        'x[192.0.2.97]',
        '[192.0.2.98]:25',
        ' from b[192.0.2.99]; from=<',
        '; from=<',
        ' to=<',
        '> to=<',
        ' proto=SMTP',
        ' helo=<',
        ': 5.7.1 x',
        'NOQUEUE: reject: RCPT from c[192.0.2.99]: 550 ',
        ', status=sent (250 ',
        ', orig_client=d[192.0.2.99]',
        ': SASL LOGIN authentication failed: x',
        '\n',
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join('').replaceAll('\n', '?'));
  const word = chosen.map((text) => text.replaceAll(' ', '?'));
  fc.assert(
    fc.property(chosen, chosen, word, chosen, (sender, recipient, helo, text) => {
      const tail = `from=<${sender}> to=<${recipient}> proto=ESMTP helo=<${helo}>`;
      const real = 'real.example[192.0.2.7]';
      const texts = [
        `smtpd[1]: NOQUEUE: reject: RCPT from ${real}: 550 5.1.1 <${recipient}>: no; ${tail}`,
        `smtpd[1]: NOQUEUE: reject: MAIL from ${real}: 550 5.1.1 <${sender}>: no; ${tail}`,
        `smtpd[1]: NOQUEUE: hold: RCPT from ${real}: <${recipient}>: no; ${tail}`,
        `smtpd[1]: warning: non-SMTP command from ${real}: ${text}`,
        `smtpd[1]: warning: ${real}: SASL LOGIN authentication failed: x, sasl_username=${text}`,
        `smtpd[1]: warning: Illegal address syntax from ${real} in RCPT command: <${text}>`,
        `smtpd[1]: improper command pipelining after EHLO from ${real}: ${text}`,
        `smtpd[1]: 4AB12: client=${real}, sasl_method=PLAIN, sasl_username=u, sasl_sender=${text}`,
        `cleanup[1]: 4AB12: reject: header Subject: ${text} from ${real}; ${tail}: 5.7.1 no`,
        `cleanup[1]: 4AB12: reject: body x from ${real}; ${tail}: 5.7.1 no ${text}`,
        `cleanup[1]: 4AB12: milter-reject: END-OF-MESSAGE from ${real}: 5.7.1 ${text}; ${tail}`,
        `postscreen[1]: NOQUEUE: reject: RCPT from [192.0.2.7]:1: 550 5.7.1 no; from=<${sender}>, to=<${recipient}>, proto=ESMTP, helo=<${helo}>`,
        `postscreen[1]: PREGREET 9 after 0.1 from [192.0.2.7]:1: ${text}`,
        `qmgr[1]: 4AB12: from=<${sender}>, size=1, nrcpt=1 (queue active)`,
        `smtp[1]: 4AB12: to=<${recipient}>, relay=none, delay=1, delays=0/0/0/0, dsn=5.1.1, status=bounced (${text})`,
      ];
      for (const form of ['Nov 20 18:27:13 mx1 postfix/', 'Nov 20 18:27:13 mx1 postfix-']) {
        const { rows, classes } = parsePostfix(
          texts
            .map((line) => (form.endsWith('-') ? line.replace(/^\w+/, form + '1') : form + line))
            .join('\n'),
        );
        for (const row of rows) expect([undefined, '192.0.2.7']).toContain(row['ip']);
        expect(rows.some((row) => row['reinjected'])).toBe(false);
        expect(classes[2]).toBe(0);
      }
    }),
    { numRuns: 600 },
  );
});

// Goal: a header read after any other one is the header that a fresh reader finds.
test('headers after headers', () => {
  const shown = (header: SyslogHeader, bytes: Buffer, end: number): unknown[] => {
    if (!header.read(bytes, 0, end)) return [header.reason];
    const { stamp, month, day, msOfDay, localMs, offsetMs } = header;
    const { hostStart, hostEnd, tagStart, tagEnd, pidStart, pidEnd, textStart } = header;
    const ends = [hostStart, hostEnd, tagStart, tagEnd, pidStart, pidEnd, textStart, header.end];
    return [stamp, month, day, msOfDay, localMs, offsetMs, header.tagNumber, ...ends];
  };
  const number = (tag: string): number =>
    Array.from(tag).reduce((sum, c) => sum * 3 + c.charCodeAt(0), 0) | 0;
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 2, max: 20 }), (seed, count) => {
      const random = new Random(seed);
      const header = new SyslogHeader(number);
      for (let index = 0; index < count; index++) {
        const line = mutant(random, lines);
        const bytes = Buffer.from(line, 'latin1');
        expect(shown(header, bytes, bytes.length)).toEqual(
          shown(new SyslogHeader(number), bytes, bytes.length),
        );
      }
    }),
    { numRuns: 1000 },
  );
});
