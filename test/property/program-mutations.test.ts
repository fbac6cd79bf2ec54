import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSyslogParser } from '../../src/input/syslog/parser.ts';
import { EventBatch } from '../../src/model/event-batch.ts';
import { ALL_NEEDS, TEXT_FIELDS } from '../../src/model/event.ts';
import { Vocabulary } from '../../src/model/vocabulary.ts';
import { BERLIN_2026, fixture, parsePostfix } from '../unit/input/event-rows.ts';

const LOGS = ['sendmail/loglevel14', 'sendmail/loglevel9', 'opensmtpd/mail', 'dovecot/mail'];
const FILTERS = [
  'Nov 20 18:27:13 mx1 rspamd[9]: <1a>; proxy; rspamd_task_write_log: id: <x>, qid: <4jWM>, ip: 192.0.2.7, (default: T (reject): [15/15] [X(1){}])',
  'Nov 20 18:27:13 mx1 amavis[9]: (1-1) Passed SPAM {R}, [192.0.2.7] <s> -> <r>, Queue-ID: 4jWM, Message-ID: <x>',
  'Nov 20 18:27:13 mx1 clamav-milter[9]: Message 4jWM from <s> to <r> infected by Eicar',
  'Nov 20 18:27:13 mx1 postfix/qmgr[7]: 4jWM: from=<s>, size=623, nrcpt=1 (queue active)',
];
const lines = LOGS.flatMap((name) =>
  fixture(`${name}.log.gz`).toString('latin1').trimEnd().split('\n'),
).concat(...FILTERS.map((line) => Array.from({ length: 100 }, () => line)));

const piece = fc.oneof(
  fc.constantFrom(
    '[',
    ']',
    ':',
    ' ',
    '"',
    '<',
    '>',
    ', ',
    '\\',
    '\0',
    '\xff',
    'from=<',
    'to=<',
    ', relay=',
    ', reject=550',
    ', stat=Sent',
    ', nrcpts=3, msgid=<x>',
    '... User unknown',
    '" result="250',
    'message repeated 3 times: [ ',
    'last message repeated 2 times',
    '99999999999999999999',
    '(auth failed, 3 attempts',
    ': user=<',
    ', rip=',
    '>,<',
    ', qid: <',
    '(default: ',
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 4 }),
);
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(12),
  insert: piece,
});
const mutated = fc
  .tuple(fc.nat(lines.length - 1), fc.array(edit, { maxLength: 4 }))
  .map(([index, edits]) => {
    let line = lines[index];
    for (const { at, remove, insert } of edits) {
      const start = Math.floor(at * line.length);
      line = line.slice(0, start) + insert + line.slice(start + remove);
    }
    return line.replaceAll('\n', ' ');
  });

// Goal: no bytes make a reader throw, read outside its line, or lose a line.
// Method: edit recorded lines at random and check what every row points at.
test('edited lines', () => {
  fc.assert(
    fc.property(fc.array(mutated, { minLength: 1, maxLength: 8 }), (edited) => {
      const bytes = Buffer.from(edited.join('\n'), 'latin1');
      const vocabulary = new Vocabulary();
      const batch = new EventBatch(vocabulary, bytes);
      const parser = createSyslogParser({ vocabulary, dater: BERLIN_2026, needs: ALL_NEEDS });
      let start = 0;
      edited.forEach((line, index) => {
        const before = batch.rows;
        const result = parser.parseLine(batch, start, start + line.length, index + 1);
        expect(batch.rows > before).toBe(result === 0);
        expect(result !== 2 || /^[a-z][a-z ]+$/.test(parser.reason)).toBe(true);
        const from = parser.carryFrom ?? -1;
        for (let row = before; row < batch.rows; row++) {
          expect(Number.isFinite(batch.time[row])).toBe(true);
          expect([0, 4, 6]).toContain(batch.family[row]);
          for (let field = 0; field < TEXT_FIELDS.length; field++) {
            const at = batch.spanStart(row, field);
            if (at < 0) continue;
            expect(at).toBeGreaterThanOrEqual(from < 0 ? start : Math.min(from, start));
            expect(batch.spanEnd(row, field)).toBeLessThanOrEqual(start + line.length);
          }
        }
        start += line.length + 1;
      });
    }),
    { numRuns: 1500 },
  );
});

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

// Goal: reading is linear in the length of a line, whatever stands in it.
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
      const start = performance.now();
      parsePostfix(`${line}, delay=1, stat=Sent`);
      expect(performance.now() - start).toBeLessThan(3000);
    }
  }
});
