// Goal: names are looked up in a file of answers, and only there.
// Method: one file with every type; lookups of what it has and has not; lines that are wrong.
import { expect, test } from 'vitest';

import { formatDiagnostic } from '../../../../../src/model/diagnostic.ts';
import { UserError } from '../../../../../src/model/errors.ts';
import { parseDnsFixture } from '../../../../../src/policy/momentum/dns-fixture.ts';
import { runScript, sessionOf } from '../../../../builders/script-run.ts';

const FIXTURE = `# what the policy asks
7.2.0.192.in-addr.arpa PTR mx.example.com
MX.example.com. a 192.0.2.7
mx.example.com A 192.0.2.8
mx.example.com aaaa 2001:db8::7

example.com mx 20 b.example.com
example.com mx 5 a.example.com
example.com txt "v=spf1 -all"
example.com txt # kept
example.com ns ns.example.com
`;

test.each([
  ['7.2.0.192.in-addr.arpa', 'ptr', ['mx.example.com'], ''],
  ['mx.EXAMPLE.com', 'A', ['192.0.2.7', '192.0.2.8'], ''],
  ['mx.example.com.', 'aaaa', ['2001:db8::7'], ''],
  ['example.com', 'mx', ['a.example.com', 'b.example.com'], ''],
  ['example.com', 'txt', ['v=spf1 -all', '# kept'], ''],
  ['example.com', 'a', [''], ''],
  ['other.example', 'a', [''], 'NXDOMAIN'],
])('%s %s', (name, type, expected, status) => {
  const session = sessionOf();
  session.context.set('dns_status', 'SERVFAIL');
  const { variables, notes } = runScript(
    `$x = ec_dns_lookup "${name}" "${type}"; $y = vctx_conn_get "dns_status";`,
    { session },
    { dnsFixture: FIXTURE },
  );
  expect(variables).toEqual({ x: expected, y: status });
  expect(notes).toEqual([]);
});

test('without a file nothing is found, which is told', () => {
  const { variables, notes } = runScript('$x = ec_dns_lookup "example.com" "a" "192.0.2.53";');
  expect(variables['x']).toEqual(['']);
  expect(notes).toEqual(['not-simulated 1: ec_dns_lookup without a file of DNS answers']);
});

test('an unknown type is a runtime error', () => {
  const { failure } = runScript('$x = ec_dns_lookup "example.com" "srv";');
  expect(failure).toContain('unknown type');
});

const WRONG = `example.com a
example.com srv 1
  example.com a 2001:db8::1
example.com aaaa 192.0.2.1
example.com mx a.example.com
example.com ns a b
example.com a 192.0.2.0/24
`;

test('every line that is wrong is shown at its place', () => {
  const { diagnostics, answers } = parseDnsFixture(WRONG, 'dns.txt');
  expect(diagnostics.map(({ code }) => code)).toEqual([
    'dns-line',
    'dns-type',
    ...Array.from({ length: 5 }, () => 'dns-value'),
  ]);
  expect(answers.size).toBe(0);
  const shown = diagnostics.map((one) => formatDiagnostic(one, WRONG));
  expect(shown.slice(0, 3).join('\n'))
    .toBe(`dns.txt:1:1: error: a line is: name type value [dns-line]
1 example.com a
  ^^^^^^^^^^^^^
dns.txt:2:1: error: unknown type 'srv', expected a, aaaa, mx, ns, ptr, txt [dns-type]
2 example.com srv 1
  ^^^^^^^^^^^^^^^^^
dns.txt:3:3: error: '2001:db8::1' is no value of type a [dns-value]
3   example.com a 2001:db8::1
    ^^^^^^^^^^^^^^^^^^^^^^^^^`);
});

test('of many wrong lines the first twenty are shown', () => {
  const { diagnostics } = parseDnsFixture('wrong\n'.repeat(30), 'dns.txt');
  expect(diagnostics).toHaveLength(20);
  expect(diagnostics[19].hint).toBe('10 more lines of this file cannot be read');
});

test('scripts are not bound to a file that is wrong', () => {
  const bind = (): unknown =>
    runScript('$x = ec_dns_lookup "a" "a";', {}, { dnsFixture: 'example.com' });
  expect(bind).toThrow(UserError);
  expect(bind).toThrow('dns.txt:1:1: error: a line is: name type value [dns-line]');
});
