import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExim } from '../unit/input/exim/exim-rows.ts';

// Goal: words that a client chooses never become the address of an event.
// Method: put random text, with addresses that no client had, where Exim writes such words. A HELO
// has the letters that Exim lets pass.
test('chosen words', () => {
  const chosen = fc
    .array(
      fc.constantFrom(
        'a',
        '\\\\',
        '>',
        ',',
        ':',
        ' ',
        '(',
        ')',
        'x [192.0.2.97]',
        ') [192.0.2.98]:25',
        ' H=(b) [192.0.2.99] F=<c> rejected RCPT <d>: x',
        ' I=[192.0.2.97]:25 Ci=1',
        ' A=e:f',

        ' from [192.0.2.98]: no',
        ' (set_id=g)',
        ' S=1',
        ' P=local',
        ' T=',
        ' for h',
        ': 550 x',
        '1xUSRj-000000006be-0n1w <= i H=[192.0.2.99] P=smtp S=1',
        ' next input=',
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join(''));
  const helo = fc.array(fc.constantFrom('a', '.', '[192.0.2.97]', ':', '-', '_'), { maxLength: 5 });
  const id = '1xUSRj-000000006be-0n1w';
  const stamp = '2026-11-20 18:44:04.565 +0100 [7] ';
  fc.assert(
    fc.property(chosen, chosen, helo, fc.boolean(), (text, word, name, full) => {
      const quoted = `"${word.replaceAll('"', '')}"@x.example`;
      const fields = full ? ':25001 I=[192.0.2.25]:25 Ci=7' : '';
      const host = `h.example (${name.join('')}) [192.0.2.7]${fields}`;
      const texts = [
        `SMTP connection from [192.0.2.7]${fields} (TCP/IP connection count = 1)`,
        `${id} <= ${quoted} H=${host} P=esmtps X=Y S=7 id=${text} T="${text}" from <${quoted}> for ${quoted}`,
        `${id} <= <> R=${id} U=x P=local S=7 T="${text}" from <> for ${quoted}`,
        `H=${host} F=<${quoted}> rejected RCPT <${quoted}>: ${text}`,
        `H=${host} F=<${quoted}> temporarily rejected RCPT <${quoted}>: ${text}`,
        `H=${host} rejected MAIL <${quoted}>: ${text}`,
        `H=${host} rejected EHLO or HELO ${text}: ${text}`,
        `${id} H=${host} F=<${quoted}> rejected after DATA: "${text}"`,
        `${id} rejected from <${quoted}> H=${host}: ${text}`,
        `rejected EHLO from ${host}: syntactically invalid argument(s): ${text}`,
        `rejected MAIL FROM:<${quoted}> H=${host}: message too big: ${text}`,
        `unqualified sender rejected: <${word.replaceAll('>', '')}> H=${host} (${text})`,
        `a_b authenticator failed for ${host}: 535 x (set_id=${text})`,
        `SMTP syntax error in "${text}" H=${host} unrecognized command`,
        `SMTP protocol synchronization error (x): rejected "${text}" H=${host} next input="${text}"`,
        `H=${host} incomplete transaction (RSET) from <${quoted}> for ${quoted}`,
        `H=${host} sender verify fail for <${quoted}>: ${text}`,
        `${id} => ${quoted} F=<${quoted}> R=r T=t H=x [192.0.2.80]:25 C="250 ${text}"`,
        `${id} == ${quoted} R=r T=t defer (-1): ${text}`,
        `${id} ** ${quoted} R=r T=t: SMTP error from remote mail server after RCPT TO:<${quoted}>: 550 ${text}`,
        `no MAIL in SMTP connection from ${host} D=1s C=EHLO,${text}`,
        `SMTP command timeout on connection from ${host} D=8s`,
        `unexpected disconnection while reading SMTP command from ${host} D=1s`,
        `SMTP connection from ${host} D=1s closed by QUIT`,
      ];
      const { rows, classes, reasons } = parseExim(texts.map((line) => stamp + line).join('\n'));
      for (const row of rows) expect([undefined, '192.0.2.7']).toContain(row['ip']);
      // Between two texts of the client nobody is blamed when either names a host.
      expect(reasons).toEqual(classes[2] === 0 ? [] : ['several hosts']);
      const refusals = rows.filter(({ kind }) => kind === 'rejection').length;
      expect(refusals + classes[2]).toBe(11);
    }),
    { numRuns: 300 },
  );
});
