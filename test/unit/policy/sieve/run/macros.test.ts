// Goal: macros become what the log knows, in the forms of RFC 7208.
// Method: the manual's own expansions, then IPv6, empty senders and what is not known.
import { describe, expect, test } from 'vitest';

import {
  holds,
  runScript,
  sessionOf,
  xOf,
  type RunEvent,
} from '../../../../builders/script-run.ts';

const MAIL: RunEvent = {
  ip: '192.0.2.3',
  sender: 'strong-bad@email.example.com',
  recipient: 'user+tag@example.net',
  helo: 'mx.example.org',
};
const NULL_SENDER: RunEvent = { ip: '2001:db8::cb01', helo: 'mx.example.org' };
const NIBBLES = '2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1';

test.each([
  ['s', 'strong-bad@email.example.com'],
  ['o', 'email.example.com'],
  ['d', 'email.example.com'],
  ['d4', 'email.example.com'],
  ['d3', 'email.example.com'],
  ['d2', 'example.com'],
  ['d1', 'com'],
  ['dr', 'com.example.email'],
  ['d2r', 'example.email'],
  ['l', 'strong-bad'],
  ['l-', 'strong.bad'],
  ['lr', 'strong-bad'],
  ['lr-', 'bad.strong'],
  ['l1r-', 'strong'],
  ['i', '192.0.2.3'],
  ['ir', '3.2.0.192'],
  ['c', '192.0.2.3'],
  ['v', 'in-addr'],
  ['h', 'mx.example.org'],
  ['h2', 'example.org'],
  ['t', '1795176000'],
  ['S', 'strong-bad%40email.example.com'],
  ['l.-', 'strong.bad'],
])('%%{spfv1:%s} is %s', (macro, expected) => {
  expect(xOf(`$x = "%{spfv1:${macro}}";`, MAIL)).toBe(expected);
});

test.each([
  ['s', 'postmaster@mx.example.org'],
  ['l', 'postmaster'],
  ['o', 'mx.example.org'],
  ['d', 'mx.example.org'],
  ['i', NIBBLES],
  ['ir', NIBBLES.split('.').reverse().join('.')],
  ['c', '2001:db8::cb01'],
  ['v', 'ip6'],
])('%%{spfv1:%s} of an empty sender and an IPv6 peer is %s', (macro, expected) => {
  expect(xOf(`$x = "%{spfv1:${macro}}";`, NULL_SENDER)).toBe(expected);
});

test('what the log does not tell is empty', () => {
  const script = '$x = "%{spfv1:s}|%{spfv1:l}|%{spfv1:o}|%{spfv1:d2r}|%{spfv1:h}";';
  expect(xOf(script)).toBe('||||');
});

test('facts come from the session where the event has none', () => {
  const session = sessionOf({ helo: 'mx.example.org', sender: 'a@b.example' });
  expect(xOf('$x = "%{spfv1:s} %{spfv1:h}";', { session })).toBe('a@b.example mx.example.org');
  const event = { session, sender: 'c@d.example' };
  expect(xOf('$x = "%{spfv1:s}";', event)).toBe('c@d.example');
});

test.each([
  ['%{i}', '192.0.2.3'],
  ['%{ir}', '3.2.0.192'],
  ['%{t}', '1795176000'],
  ['%{mailfrom_localpart}@%{mailfrom_domain}', 'strong-bad@email.example.com'],
  ['%{rcptto_localpart} %{rcptto_domain}', 'user+tag example.net'],
  ['%{vctx_mess:mailfrom_string}', 'MAIL FROM:<strong-bad@email.example.com>'],
  ['%{vctx_mess:rcptto_domain}', 'example.net'],
  ['%{vctx_conn:ehlo_domain} %{vctx_conn:ehlo_string}', 'mx.example.org EHLO mx.example.org'],
  ['%{rfc822:date}', 'Fri, 20 Nov 2026 12:00:00 +0000'],
  ['%{vctx_conn:none}|%{vctx_mess:none}', '|'],
])('%s is %s', (text, expected) => {
  expect(xOf(`$x = "${text}";`, MAIL)).toBe(expected);
});

test('a script may set what the server sets', () => {
  const session = sessionOf();
  session.message.context.set('mailfrom_domain', 'set.example');
  session.context.set('own', 'value');
  const script = '$x = "%{vctx_mess:mailfrom_domain} %{mailfrom_domain} %{own}";';
  expect(xOf(script, { ...MAIL, session })).toBe('set.example set.example value');
});

test('a further recipient has no address', () => {
  expect(xOf('$x = "%{rcptto_domain}";', { ...MAIL, nth: 1 })).toBe('');
});

describe('what is not known', () => {
  test.each([
    ['%{spfv1:p}', 'unknown', 'not-simulated 1: %{spfv1:p}'],
    ['%{p}', 'unknown', 'not-simulated 1: %{p}'],
    ['%{rfc2822:headers}', '', 'not-simulated 1: %{rfc2822:headers}'],
    ['%{spvf1:d}', '', 'doubt 1: %{spvf1:d} is no known macro and is empty'],
    ['%{spfv1:x}', '', 'doubt 1: %{spfv1:x} is no known macro and is empty'],
    ['%{spfv1:d0}', '', 'doubt 1: %{spfv1:d0} is no known macro and is empty'],
    ['%{rfc822:subject}', '', 'doubt 1: %{rfc822:subject} is no known macro and is empty'],
    ['%{nothing}', '', 'doubt 1: %{nothing} is empty'],
  ])('%s is %s: %s', (text, expected, note) => {
    const { variables, notes } = runScript(`$x = "${text}";`, MAIL);
    expect(variables['x']).toBe(expected);
    expect(notes).toEqual([note]);
  });
});

test('commands and tests of contexts see what the server sets', () => {
  expect(xOf('$x = vctx_mess_get "mailfrom_domain";', MAIL)).toBe('email.example.com');
  expect(holds('vctx_conn :is "ehlo_domain" "mx.example.org"', '', MAIL)).toBe(true);
  expect(holds('vctx :contains "rcptto_string" ""', '', MAIL)).toBe(true);
  expect(holds('vctx :contains "rcptto_string" ""')).toBe(false);
});
