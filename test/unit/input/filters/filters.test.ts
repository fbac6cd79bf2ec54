import { describe, expect, test } from 'vitest';
import { createSyslogParser } from '../../../../src/input/syslog/parser.ts';
import { EventBatch } from '../../../../src/model/event-batch.ts';
import { ALL_NEEDS, type KindName } from '../../../../src/model/event.ts';
import { Vocabulary } from '../../../../src/model/vocabulary.ts';
import { BERLIN_2026, parsePostfix } from '../event-rows.ts';

const ID = '4jWMj02GZszqy4H';
const ACTIVE = `postfix/qmgr[7]: ${ID}: from=<s@a.example>, size=623, nrcpt=1 (queue active)`;
const stamped = (...texts: string[]): string =>
  texts.map((text) => `Nov 20 18:27:13 mx1 ${text}`).join('\n');
const verdictOf = (...texts: string[]): unknown =>
  parsePostfix(stamped(...texts)).rows.at(-1)!['verdict'];

const rspamd = (action: string, id = 'x@a.example', from = 's@a.example'): string =>
  `rspamd[9]: <1a2b3c>; proxy; rspamd_task_write_log: id: <${id}>, qid: <${ID}>, ip: 192.0.2.7, from: <${from}>, (default: ${action}: [15.10/15.00] [BAYES_SPAM(5.1){99%;}]), len: 1234, time: 110.0ms, dns req: 5, digest: <9f>, rcpts: <r@b.example>, mime_rcpts: <r@b.example>`;
const amavis = (outcome: string, id = ID, from = 's@a.example'): string =>
  `amavis[9]: (12345-01) ${outcome} {RelayedTaggedInbound}, [192.0.2.7]:2525 [192.0.2.7] <${from}> -> <r@b.example>, Queue-ID: ${id}, Message-ID: <x@a.example>, mail_id: nq0, Hits: 9.1, size: 1234, 500 ms`;

describe('what a filter said before the message was accepted', () => {
  test.each([
    ['T (reject)', 'spam'],
    ['T (add header)', 'spam'],
    ['T (rewrite subject)', 'spam'],
    ['F (greylist)', undefined],
    ['F (no action)', undefined],
  ])('rspamd %s: %s', (action, verdict) => {
    expect(verdictOf(rspamd(action), ACTIVE)).toBe(verdict);
  });

  test.each([
    ['Passed SPAM', 'spam'],
    ['Passed SPAMMY', 'spam'],
    ['Passed INFECTED (Eicar)', 'virus'],
    ['Blocked INFECTED (Eicar)', 'virus'],
    ['Passed CLEAN', undefined],
    ['Passed BAD-HEADER-0', undefined],
  ])('amavis %s: %s', (outcome, verdict) => {
    expect(verdictOf(amavis(outcome), ACTIVE)).toBe(verdict);
  });

  test('clamav-milter', () => {
    const line = `Message ${ID} from <s@a.example> to <r@b.example> infected by Eicar-Test-Signature`;
    expect(verdictOf(`clamav-milter[9]: ${line}`, ACTIVE)).toBe('virus');
    expect(
      verdictOf(`clamav-milter[9]: Clean message from <infected by x>`, ACTIVE),
    ).toBeUndefined();
  });

  test('of another message, of another host', () => {
    expect(verdictOf(amavis('Passed SPAM', '4jWMj02GZszqy4J'), ACTIVE)).toBeUndefined();
    const elsewhere = `Nov 20 18:27:13 mx2 ${amavis('Passed SPAM')}`;
    expect(parsePostfix(`${elsewhere}\n${stamped(ACTIVE)}`).rows[0]).not.toHaveProperty('verdict');
  });

  test('a line that comes too late changes nothing', () => {
    const { rows } = parsePostfix(stamped(ACTIVE, rspamd('T (reject)')));
    expect(rows).toHaveLength(1);
    expect(rows[0]).not.toHaveProperty('verdict');
  });

  test('a client cannot judge the message of another', () => {
    const other = '4jWMj02GZszqy4J';
    const evil = `x>, qid: <${other}>, ip: 192.0.2.99, (default: T (reject): [9/9] [X`;
    const active = ACTIVE.replace(ID, other);
    expect(verdictOf(rspamd('F (no action)', evil), active)).toBeUndefined();
    expect(
      verdictOf(rspamd('F (no action)', 'x', '"(default: T (reject): "@a'), ACTIVE),
    ).toBeUndefined();
    expect(
      verdictOf(amavis('Passed SPAM', ID, `"x, Queue-ID: ${other}, "@a`), active),
    ).toBeUndefined();
  });
});

describe('refusals', () => {
  const tail = 'from=<spam@virus.example> to=<greylist@b.example> proto=ESMTP helo=<virus>';
  const refusal = (verb: string, text: string): string =>
    `postfix/cleanup[7]: ${ID}: ${verb} END-OF-MESSAGE from a[192.0.2.7]: ${text}; ${tail}`;
  const smtpd = (text: string): string =>
    `postfix/smtpd[7]: NOQUEUE: reject: RCPT from a[192.0.2.7]: ${text}; ${tail}`;

  test.each([
    [refusal('milter-reject:', '5.7.1 Spam message rejected'), 'spam'],
    [refusal('milter-reject:', '5.7.1 Infected: Eicar found'), 'virus'],
    [refusal('milter-reject:', '4.7.1 Try again later'), 'rejected'],
    [refusal('milter-reject:', '4.7.1 Greylisting in action'), 'greylisted'],
    [refusal('milter-reject:', '5.7.0 bad DKIM signature data'), 'rejected'],
    [refusal('proxy-reject:', '554 5.7.0 Reject, id=12345-01 - INFECTED: Eicar'), 'virus'],
    [refusal('proxy-reject:', '554 5.7.0 Reject, id=12345-01 - SPAM'), 'spam'],
    [refusal('reject:', '554 5.7.1 spam'), 'rejected'],
    [
      smtpd('554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using spam.example'),
      'rejected',
    ],
    [
      smtpd('450 4.2.0 <greylist@b.example>: Recipient address rejected: Greylisted, see x'),
      'greylisted',
    ],
    [smtpd('450 4.1.1 <greylist@b.example>: Recipient address rejected: unverified'), 'rejected'],
    [smtpd('550 5.1.1 <virus@b.example>: Recipient address rejected: User unknown'), 'rejected'],
  ])('%s: %s', (line, verdict) => {
    expect(verdictOf(line)).toBe(verdict);
  });

  test('a filter that said before what it found', () => {
    const refused = refusal('milter-reject:', '5.7.1 Not here');
    expect(verdictOf(rspamd('T (reject)'), refused)).toBe('spam');
    expect(verdictOf(rspamd('F (greylist)'), refusal('milter-reject:', '4.7.1 Later'))).toBe(
      'greylisted',
    );
  });
});

describe('a log of several programs', () => {
  const LOGIN =
    'dovecot: imap-login: Disconnected (auth failed, 2 attempts in 6 secs): user=<u>, method=PLAIN, rip=192.0.2.8, lip=192.0.2.25';
  const CONNECT = 'postfix/smtpd[7]: connect from a[192.0.2.7]';

  const read = (
    ...texts: string[]
  ): { dialect: string; lacks: readonly KindName[]; rows: number } => {
    const bytes = Buffer.from(stamped(...texts));
    const vocabulary = new Vocabulary();
    const batch = new EventBatch(vocabulary, bytes);
    const parser = createSyslogParser({ vocabulary, dater: BERLIN_2026, needs: ALL_NEEDS });
    let start = 0;
    stamped(...texts)
      .split('\n')
      .forEach((text, index) => {
        parser.parseLine(batch, start, start + text.length, index + 1);
        start += text.length + 1;
      });
    return { dialect: parser.dialect, lacks: parser.lacks ?? [], rows: batch.rows };
  };

  test('all of them are read', () => {
    const log = read(CONNECT, LOGIN, rspamd('T (reject)'), ACTIVE, 'sshd[7]: x');
    expect(log).toEqual({ dialect: 'dovecot+postfix+rspamd', lacks: [], rows: 4 });
  });

  test('a kind is lacking when no program shows it', () => {
    const sendmail = 'sm-mta[7]: AUTH=server, relay=[192.0.2.7], authid=u, mech=LOGIN, bits=0';
    const connect = 'sm-mta[7]: NOQUEUE: connect from [192.0.2.7]';
    expect(read('sshd[7]: x').lacks).toEqual([]);
    expect(read(LOGIN).lacks).toEqual([
      'connect',
      'disconnect',
      'reception',
      'rejection',
      'delivery',
      'deferral',
      'bounce',
      'auth_aborted',
      'transaction',
      'removed',
      'restart',
    ]);
    expect(read(LOGIN, rspamd('T (reject)')).lacks).toEqual(read(LOGIN).lacks);
    expect(read(LOGIN, sendmail).lacks).toEqual([
      'connect',
      'auth_aborted',
      'transaction',
      'restart',
    ]);
    expect(read(LOGIN, sendmail, connect).lacks).toEqual([
      'auth_aborted',
      'transaction',
      'restart',
    ]);
    expect(read(LOGIN, CONNECT).lacks).toEqual([]);
  });
});
