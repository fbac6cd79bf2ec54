// Goal: whatever a module calls with whatever, a replay goes on: each mistake is the script's error,
// never ours, and two runs agree.
// Method: random calls of all members and methods, in init and at each hook, guarded or not.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { UserError } from '../../src/model/errors.ts';
import { NOON_MS, type EventRow } from '../builders/event-batches.ts';
import { replayLua } from '../builders/lua-replays.ts';

const MEMBERS = `audit.connections audit.receptions audit.rejections audit.inbound_session_count
  audit_series.define audit_series.add audit_series.count audit_series.remove_item
  cidr.define cidr.query cidr.reload core.ec_sockaddr_family core.get_now_ts core.string_new
  core.accept_construct_get_message_construct counter.add counter.inc counter.open counter.read
  counter.reset counter.unlink dnsLookup dumper.Dumper expandMacro gauge_cache.define gauge_cache.inc
  gauge_cache.dec gauge_cache.get gauge_cache.remove_item lock pbp.check_whitelist pbp.set_whitelist
  pbp.fcdns_check pbp.size_in_bytes pcre.match pcre.split pcre.replace registerModule runInPool
  runSieveScript sleep timer.after db.query http.client.new`
  .split(/\s+/)
  .map((name) => `msys.${name}`);
const METHODS = `vctx:set_code vctx:disconnect vctx:tarpit vctx:get vctx:set vctx:exists
  vctx:recipient_list vctx:add_recipient vctx:pbp_action vctx:pbp_disconnect vctx.get
  ac:inbound_session_count ac:pbp_inbound_session_count_service ac:esmtp_capability_add
  msg:mailfrom msg:rcptto msg:get_message_size msg:context_get msg:context_set msg:context_exists
  msg:context_delete msg:context_exists_and_get msg:discard msg:header msg:get_envelope2 msg.header`.split(
  /\s+/,
);

const VALUES = String.raw`nil; true; false; 0; -1; 1.5; 7; 300; 550; 1e300; 1/0; 0/0; 2^53
  ""; "s"; "t"; "six"; "cidr"; "string"; "cidr_ipv6"; "300,6"; "SMTP"; "A"; "/24"; "/0"; "/129"
  "192.0.2.7"; "[2001:db8::1]/64"; "x/y/z"; "localhost"; "(a"; "(?<n>a)"; "%{i}%{vctx_conn:k}%{"
  "\255\0"; "30m"; ("x"):rep(5000); {}; {key = ac}; {key = "/24", startv = 0/0}; {priority = true}
  {startv = 1, endv = 1/0}; {count = -2.5}; {type = "rbldnsd", source = "list.txt"}; {{}}
  {type = "empty"}; ac; vctx; msg; ac.remote_addr; print; error; msys; self; coroutine.yield; msys.db
  msys.counter.open("c"); msys.core.string_new(); msys.core.VCTX_MESS
  setmetatable({}, {__index = error, __tostring = function() return {} end})`
  .split(/;|\n/)
  .map((value) => value.trim());

/** What many functions begin with: names of series and lists, a monitor, a context, a code. */
const FIRST = [['"s"'], ['"t"'], ['"six"'], ['"300,6"'], ['msys.core.VCTX_CONN'], ['550'], []];

const call = fc
  .tuple(
    fc.constantFrom(...MEMBERS, ...METHODS),
    fc.constantFrom(...FIRST),
    fc.array(fc.constantFrom(...VALUES), { maxLength: 4 }),
    fc.integer({ min: 0, max: 9 }),
  )
  .map(([called, first, rest, guard]) => {
    const line = `${called}(${[...first, ...rest].join(', ')})`;
    return guard === 0 ? `  ${line}` : `  print(pcall(function() return ${line} end))`;
  });
const body = fc.array(call, { maxLength: 8 }).map((calls) => calls.join('\n'));

const HOOKS = `core_validate_accept(ac, vctx)|validate_connect(ac, vctx)|validate_ehlo(s, ac, vctx)
  validate_mailfrom(s, ac, vctx)|validate_rcptto(msg, s, ac, vctx)|validate_rcptto_list(l, vctx)
  validate_data(msg, ac, vctx)|validate_data_spool_each_rcpt(msg, ac, vctx)
  validate_set_binding(msg)|validate_dealloc()`
  .split(/[|\n]/)
  .map((hook) => hook.trim());

const module = fc
  .tuple(body, fc.array(body, { minLength: HOOKS.length, maxLength: HOOKS.length }))
  .map(([init, bodies]) => {
    const guarded = init.replaceAll(/^ {2}(?!print)(.*)$/gm, '  pcall(function() $1 end)');
    const hooks = bodies.map((own, index) => {
      return `function mod:${HOOKS[index]}\n${own}\n  return msys.core.VALIDATE_CONT\nend\n`;
    });
    return `local mod = {}
function mod:init()
  msys.audit_series.define("s", "cidr", 300, 6)
  msys.audit_series.define("t", "string", 60, 2, {persist = true})
  msys.audit_series.define("six", "cidr_ipv6", 300, 6)
  msys.gauge_cache.define("s", 3, 60)
${guarded}
  return true
end
${hooks.join('')}msys.registerModule("m", mod)
`;
  });

const at = (seconds: number, ip: string): { timeMs: number; ip?: string; session: string } => {
  const own = { timeMs: NOON_MS + seconds * 1000, session: ip };
  return ip === '' ? own : { ...own, ip };
};
const ROWS: readonly EventRow[] = ['192.0.2.7', '2001:db8::7', ''].flatMap((ip, index) => {
  const seconds = index * 200;
  const message = { queue_id: `Q${index}`, sender: 'a@b.example', recipient: 'c@d.example' };
  return [
    { ...at(seconds, ip), kind: 'connect' },
    { ...at(seconds + 1, ip), kind: 'rejection', phase: 'rcptto', code: 550, helo: 'h' } as const,
    { ...at(seconds + 2, ip), kind: 'reception', recipients: 2, size: 9, ...message },
    { ...at(seconds + 3, ip), kind: 'disconnect' },
  ];
});
const SETTING = {
  files: { 'list.txt': '192.0.2.0/24 :2:text\n' },
  dns: 's a 192.0.2.1\ns mx 10 t\n',
};

test('random calls are answered or the script’s own mistake', async () => {
  await fc.assert(
    fc.asyncProperty(module, async (text) => {
      const run = async (): Promise<unknown> => {
        try {
          const { logs, notes, acted, stats } = await replayLua(text, ROWS, SETTING);
          return { logs, notes, acted, stats };
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          return error.message;
        }
      };
      expect(await run()).toEqual(await run());
    }),
    { numRuns: 150 },
  );
}, 60_000);
