import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePostfix } from '../unit/input/event-rows.ts';

// Goal: words that a client chooses never become the address of an event.
// Method: put random text, with addresses that no client had, where each program writes such words.
test('chosen words', () => {
  const chosen = fc
    .array(
      fc.constantFrom(
        'a',
        '"',
        '\\',
        '<',
        '>',
        ',',
        ':',
        ' ',
        'x [192.0.2.97]',
        '[192.0.2.98]',
        ', relay=[192.0.2.99]',
        ', relay=[192.0.2.99], reject=550 5.0.0 x',
        'x [192.0.2.99]: Possible SMTP RCPT flood, throttling.',
        'x [192.0.2.99] did not issue MAIL/EXPN/VRFY/ETRN during connection to M',
        'connect from [192.0.2.99]',
        '>, size=1, class=0, nrcpts=1, msgid=<x>, proto=SMTP, daemon=M, relay=[192.0.2.99]',
        'smtp connected address=192.0.2.99 host=x',
        'event=proxy address=192.0.2.99',
        '" result="550 x',
        ': user=<',
        '>, method=PLAIN, rip=192.0.2.99, lip=192.0.2.99',
        '(auth failed, 5 attempts in 1 secs): user=<',
        ', session=<x>',
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join(''));
  const id = '6AKHkneO021362';
  const sid = '612cfde9a8364b17';
  fc.assert(
    fc.property(chosen, chosen, chosen, (sender, recipient, text) => {
      const real = 'real.example [192.0.2.7]';
      const texts = [
        `sm-mta[1]: ${id}: <${recipient}>... User unknown`,
        `sm-mta[1]: ${id}: ${recipient}... User unknown`,
        `sm-mta[1]: ${id}: ${real}: VRFY ${text} [rejected]`,
        `sm-mta[1]: ${id}: ruleset=check_rcpt, arg1=<${recipient}>, relay=${real}, reject=550 5.7.1 <${recipient}>... no`,
        `sm-mta[1]: ${id}: ruleset=CheckSubject, arg1=${text}, relay=${real}, reject=553 5.0.0 no`,
        `sm-mta[1]: ${id}: Milter: to=<${recipient}>, reject=550 5.7.1 ${text}`,
        `sm-mta[1]: ${id}: AUTH failure (LOGIN): bad (-20), user=${text}, relay=${real}`,
        `sm-mta[1]: AUTH=server, relay=${real}, authid=${text}, mech=PLAIN, bits=0`,
        `sm-mta[1]: ${id}: from=<${sender}>, size=9, class=0, nrcpts=1, msgid=<${text}>, proto=ESMTP, daemon=M, relay=${real}`,
        `sm-mta[1]: ${id}: to=<${recipient}>, delay=00:00:01, mailer=esmtp, dsn=5.1.1, reply=550 ${text}, stat=${text}`,
        `sm-mta[1]: ${id}: <${recipient}>... User unknown`,
        `smtpd[1]: ${sid} smtp failed-command command="${text}" result="550 <${recipient}>"`,
        `smtpd[1]: ${sid} smtp authentication user=${text.replaceAll(' ', '\\040')} result=permfail`,
        `smtpd[1]: ${sid} smtp envelope evpid=209d98c14bdde04c from=<${sender}> to=<${recipient}>`,
        `dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<${text}>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, session=<y>`,
        `dovecot: imap-login: Login: user=<${text}>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.25, session=<y>`,
        `dovecot: auth: passwd-file(${text},192.0.2.7): unknown user`,
      ];
      const log = texts.map((line) => `Nov 20 18:27:13 mx1 ${line}`).join('\n');
      for (const row of parsePostfix(log).rows) {
        expect([undefined, '192.0.2.7']).toContain(row['ip']);
      }
    }),
    { numRuns: 1500 },
  );
});

// Goal: reading is linear in the length of a line, whatever stands in it: else this takes hours.
test('long lines', () => {
  const repeated = [
    '<',
    '">,<\\',
    ', relay=[',
    '>,',
    ', arg1=<',
    '"',
    ' result="',
    ': user=<',
    ', rip=',
  ];
  for (const word of repeated) {
    for (const head of [
      'sm-mta[1]: 6AKHkneO021362: to=<',
      'sm-mta[1]: 6AKHkneO021362: from=<',
      'sm-mta[1]: 6AKHkneO021362: ruleset=x, arg1=',
      'smtpd[1]: 612cfde9a8364b17 smtp failed-command command="',
      'dovecot: imap-login: Login: user=<',
    ]) {
      const line = `Nov 20 18:27:13 mx1 ${head}${word.repeat(900_000 / word.length)}`;
      expect(parsePostfix(`${line}, delay=1, stat=Sent`).classes.reduce((a, b) => a + b)).toBe(1);
    }
  }
});
