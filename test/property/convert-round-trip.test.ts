import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { runConvert } from '../../src/cli/commands/convert.ts';
import { replay } from '../../src/cli/replay-logs.ts';
import { formatIso } from '../../src/model/time.ts';
import { scratchFolder } from '../builders/scratch-folder.ts';

// Goal: a log and the CSV or NDJSON that `convert` makes of it replay to the same bytes.
// Method: random Postfix logs with few clients, processes and queue ids, so that sessions, messages
// and late lines collide in every way; compare all files of both reports that do not name inputs.

const POLICY = `
hindcast: 1
monitors: ["60,3", "300,2"]
series:
  refused: { type: ip, monitor: "30,4", on: rejection, where: { code: [550, 554] }, serialize: true, persist: true }
  users: { type: string, monitor: "60,2", on: [auth_failure, reception], key: user, persist: true }
  volume: { type: cidr, monitor: "120,2", on: reception, amount: size, serialize: true }
rules:
  - { name: busy, count: connections, windows: 0..2, per: { ipv4: 24, ipv6: 64 }, above: 2, then: { disconnect: "421 4.7.0 busy" } }
  - { name: open, count: sessions, per: address, above: 1, then: { tarpit: 5 } }
  - { name: refusals, count: refused, windows: 0..3, per: { ipv4: 16, ipv6: 48 }, above: 1, at: rcptto, then: { reject: "550 5.7.1 no" } }
  - { name: share, ratio: { of: rejections, to: connections, above: 0.5, min: 2 }, windows: 0..1, per: address, then: tag }
  - { name: guessing, count: users, windows: 0..1, above: 1, then: tag }
  - { name: names, distinct: recipient, on: rejection, per: address, monitor: "60,3", windows: 0..2, above: 1, scope: node, then: tag }
`;

const CLIENTS = [
  '192.0.2.7',
  '192.0.2.200',
  '198.51.100.1',
  '2001:db8::7',
  '2001:db8:0:1::1',
  '127.0.0.1',
];
const QUEUE_IDS = ['4F2A1C00D1', '3A77B', '4jWMj02GZszqy4H'];

interface Step {
  readonly afterMs: number;
  readonly what: number;
  readonly client: number;
  readonly pid: number;
  readonly id: number;
  readonly node: number;
}

const steps = fc.array(
  fc.record<Step>({
    afterMs: fc.constantFrom(
      0,
      0,
      1,
      250,
      1000,
      5000,
      30_000,
      61_000,
      700_000,
      -3000,
      -12_000,
      -90_000,
    ),
    what: fc.nat({ max: 13 }),
    client: fc.nat({ max: CLIENTS.length - 1 }),
    pid: fc.integer({ min: 1, max: 3 }),
    id: fc.nat({ max: QUEUE_IDS.length - 1 }),
    node: fc.nat({ max: 1 }),
  }),
  { minLength: 1, maxLength: 70 },
);

function textOf({ what, client, pid, id }: Step): string {
  const ip = CLIENTS[client];
  const peer = `host${client}.example[${ip}]`;
  const smtpd = `postfix/smtpd[${pid}]:`;
  const queueId = QUEUE_IDS[id];
  const user = `user${id}@example.org`;
  switch (what) {
    case 0:
    case 1:
      return `${smtpd} connect from ${peer}`;
    case 2:
      return `${smtpd} disconnect from ${peer} quit=1 commands=1`;
    case 3:
      return `${smtpd} ${queueId}: client=${peer}, sasl_method=PLAIN, sasl_username=${user}`;
    case 4:
      return `${smtpd} ${queueId}: client=${peer}`;
    case 5:
      return `postfix/qmgr[9]: ${queueId}: from=<a@example.org>, size=${1000 + id}, nrcpt=${1 + id} (queue active)`;
    case 6:
      return `postfix/qmgr[9]: ${queueId}: removed`;
    case 7:
      return `${smtpd} NOQUEUE: reject: RCPT from ${peer}: 550 5.1.1 <r${id}@example.org>: no "such", user; from=<a@example.org> to=<r${id}@example.org> proto=ESMTP helo=<h>`;
    case 8:
      return `${smtpd} warning: ${peer}: SASL LOGIN authentication failed: no, sasl_username=${user}`;
    case 9:
      return `postfix/smtp[8]: ${queueId}: to=<r@example.net>, relay=none, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)`;
    case 10:
      return `postfix/postscreen[7]: DISCONNECT [${ip}]:40${pid}`;
    case 11:
      return `postfix/master[1]: terminating on signal 15`;
    case 12:
      return `postfix/cleanup[6]: ${queueId}: milter-reject: END-OF-MESSAGE from ${peer}: 5.7.1 no; from=<a@example.org> to=<b@example.org> proto=ESMTP helo=<h>`;
    default:
      return `${smtpd} ${queueId}: client=${peer}, orig_client=relay.example[198.51.100.9]`;
  }
}

function logOf(history: readonly Step[]): string {
  let timeMs = Date.UTC(2026, 10, 20, 12);
  let text = '';
  for (const step of history) {
    timeMs += step.afterMs;
    text += `${formatIso(timeMs)} mx${step.node} ${textOf(step)}\n`;
  }
  return text;
}

const folder = scratchFolder();

/** All bytes of a report but those that describe its inputs. */
function bytesOf(report: string): Record<string, string> {
  const names = readdirSync(report, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.json'))
    .map((entry) => path.join(entry.parentPath, entry.name));
  return Object.fromEntries(
    names.map((name) => [path.relative(report, name), readFileSync(name, 'utf8')]),
  );
}

test('a converted log replays as the log does', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom('csv', 'ndjson'), async (history, to) => {
      const log = path.join(folder, 'maillog');
      const events = path.join(folder, 'events');
      writeFileSync(log, logOf(history));
      let converted = '';
      await runConvert(
        [log],
        { to },
        {
          stdio: {
            out: (text) => ((converted += text), true),
            err: () => undefined,
            drained: () => undefined,
            errIsTerminal: false,
          },
          signal: new AbortController().signal,
          exit: () => undefined,
        },
      );
      writeFileSync(events, converted);
      const options = { policy: { text: POLICY }, force: true, top: Infinity };
      const first = path.join(folder, 'log');
      const second = path.join(folder, 'events.out');
      await replay({ ...options, logs: [log], out: first });
      await replay({ ...options, logs: [events], out: second });
      expect(bytesOf(second)).toEqual(bytesOf(first));
    }),
    { numRuns: 150 },
  );
});
