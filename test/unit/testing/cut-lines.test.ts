import { expect, test } from 'vitest';
import { SyslogHeader } from '../../../src/input/syslog-header.ts';
import { parseNetwork } from '../../../src/model/address.ts';
import { LineBits, LineSet } from '../../../src/testing/cut-line.ts';
import { CutLines } from '../../../src/testing/cut-lines.ts';

/** Lines as `mark daemon: text`: `*` an event that is kept, `.` one that is not, a blank none. */
function kept(lines: readonly string[], named = true): string[] {
  const set = new LineSet();
  const bits = new LineBits();
  lines.forEach((line, index) => {
    if (line[0] !== ' ') bits.add(index + 1);
    if (line[0] === '*') set.add(0, '', index + 1);
  });
  const cut = new CutLines({
    networks: [parseNetwork('192.0.2.0/24')!, parseNetwork('2001:db8::/32')!],
    kept: set,
    eventLines: [bits],
  });
  const header = new SyslogHeader();
  return lines.filter((line, index) => {
    const bytes = Buffer.from(`Mar  1 10:00:00 mx1 postfix/${line.slice(1)}\n`);
    expect(header.read(bytes, 0, bytes.length - 1)).toBe(true);
    return cut.keeps(0, index + 1, bytes, header, named);
  });
}

test('the lines of a process between connect and disconnect', () => {
  const lines = [
    '*smtpd[1]: connect from unknown[192.0.2.7]',
    '.smtpd[2]: connect from unknown[198.51.100.1]',
    ' smtpd[1]: lost connection after EHLO from unknown[192.0.2.7]',
    ' smtpd[2]: lost connection after EHLO from unknown[198.51.100.1]',
    // A line of another year, say, which became no event.
    ' smtpd[1]: connect from unknown[192.0.2.7]',
    '*smtpd[1]: disconnect from unknown[192.0.2.7]',
    ' smtpd[1]: table changed -- restarting',
    '.smtpd[1]: connect from unknown[198.51.100.1]',
    ' smtpd[1]: TLS library problem',
  ];
  expect(kept(lines)).toEqual([lines[0], lines[2], lines[5]]);
});

test('a process that serves the next client without a disconnect', () => {
  const lines = [
    '*smtpd[1]: connect from unknown[192.0.2.7]',
    '.smtpd[1]: connect from unknown[198.51.100.1]',
    ' smtpd[1]: TLS library problem',
  ];
  expect(kept(lines)).toEqual([lines[0]]);
});

test('the lines of a message, until its id is free', () => {
  const lines = [
    '*smtpd[1]: 3A1B2C3D4E: client=unknown[192.0.2.7]',
    ' cleanup[3]: 3A1B2C3D4E: message-id=<a@example.com>',
    ' cleanup[3]: 3A1B2C3D4F: message-id=<b@example.com>',
    ' qmgr[4]: 3A1B2C3D4E: from=<a@example.com>, size=1, nrcpt=1 (queue active)',
    ' qmgr[4]: 3A1B2C3D4E: removed',
    ' cleanup[3]: 3A1B2C3D4E: message-id=<c@example.com>',
  ];
  expect(kept(lines)).toEqual([0, 1, 3, 4].map((index) => lines[index]));
});

test('two instances with one id', () => {
  const lines = [
    '*smtpd[1]: 3A1B2C3D4E: client=unknown[192.0.2.7]',
    '.out/smtpd[1]: 3A1B2C3D4E: client=unknown[198.51.100.1]',
    ' cleanup[3]: 3A1B2C3D4E: message-id=<a@example.com>',
  ].map((line) => line.replace('out/', ''));
  // The same instance: the later message has the id.
  expect(kept(lines)).toEqual([lines[0]]);
});

test('lines that name a peer outside of sessions', () => {
  const lines = [
    ' smtpd[1]: warning: hostname a.example does not resolve to address 192.0.2.7',
    ' smtpd[1]: warning: hostname a.example does not resolve to address 198.51.100.7',
    ' smtpd[1]: table names 192.0.2.7',
    ' postscreen[2]: CONNECT from [192.0.2.7]:2525 to [198.51.100.1]:25',
    ' postscreen[2]: PASS NEW [2001:db8::7]:2525',
    ' anvil[3]: statistics: max connection rate 1/60s for (smtp:192.0.2.7) at Mar  1 10:00:00',
    ' dnsblog[4]: addr 192.0.2.7 listed by domain dnsbl.example as 127.0.0.2',
    ' dnsblog[4]: addr 192.0.2.70.1 listed',
    ' smtp[5]: connect to mx.example[192.0.2.7]:25: Connection refused',
    '.smtpd[6]: NOQUEUE: reject: RCPT from unknown[198.51.100.1]: 550 x; helo=<[192.0.2.7]>',
    ' smtpd[7]: connect from unknown[192.0.2.7]',
  ];
  const found = [0, 3, 4, 5, 6].map((index) => lines[index]);
  expect(kept(lines)).toEqual(found);
  expect(kept(lines, false)).toEqual([]);
});
