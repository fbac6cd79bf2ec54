// Goal: every setting of a data file becomes what the policy language has for it.
// Method: small files through the import and the reader of policies, and the rules that come out.
import { describe, expect, test } from 'vitest';
import { importedOf, rulesOf, saidOf, seriesText, thresholdText } from './reading.ts';

describe('where the settings stand', () => {
  const table = '{ audit_series = { messages = { type = "cidr", interval = 60, buckets = 2 } } }';
  const series = 'msys.dp_config.audit_series.messages = { type="cidr", interval=60, buckets=2 }';

  test.each([
    ['in msys.dp_config', `msys.dp_config = ${table}`],
    ['below it', series],
    ['below a fresh table', `msys.dp_config.audit_series = {}\n${series}`],
    ['in the module', `module("msys.dp_config", package.seeall);\n${series}`],
    [
      'in globals of the module',
      `module("msys.dp_config")\naudit_series = (${table}).audit_series`,
    ],
    ['in what require gives', `require "msys.dp_config"\n${series}`],
    [
      'in a local name of it',
      `local c = require("msys.dp_config")\nc.audit_series = (${table}).audit_series`,
    ],
    ['returned', `return ${table}`],
    ['returned one level down', `return { dp_config = ${table} }`],
    ['in a local table that is returned', `local t = ${table}\nreturn t`],
    ['in a global', `dp_config = ${table}`],
    ['registered', `local t = ${table}\nmsys.registerModule("limits", t)`],
    ['made by a function', `local function f() return ${table} end\nmsys.dp_config = f()`],
  ])('%s', (_, text) => {
    const { series: found } = rulesOf(text);
    expect(found.map(({ name, on }) => [name, on])).toEqual([['messages', ['reception']]]);
    expect(saidOf(text)).toEqual([]);
  });
});

describe('series', () => {
  test.each([
    ['connections', 'cidr', 'dp_connections', ['connect'], 'ip', 421],
    ['messages', 'cidr_ipv6', 'messages', ['reception'], 'ip', 421],
    ['spam', 'cidr', 'spam', ['reception', 'rejection'], 'ip', 421],
    ['virus', 'cidr', 'virus', ['reception', 'rejection'], 'ip', 421],
    ['mailfrom', 'string', 'mailfrom', ['reception'], 'sender', 451],
    ['spam_mailfrom', 'string', 'spam_mailfrom', ['reception', 'rejection'], 'sender', 451],
    ['virus_mailfrom', 'string', 'virus_mailfrom', ['reception', 'rejection'], 'sender', 451],
    ['auth_user', 'string', 'auth_user', ['auth_success'], 'user', 451],
    ['invalid_recipients', 'cidr', 'invalid_recipients', ['rejection'], 'ip', 451],
    ['invalid_smtp_auth', 'cidr', 'invalid_smtp_auth', ['auth_failure'], 'ip', 421],
  ])('%s', (given, type, name, on, key, code) => {
    const thresholds = 'thresholds = { { check = true, startv = 0, endv = 3, threshold = 100 } }';
    const settings = `type = "${type}", interval = 900, buckets = 4, ${thresholds}`;
    const { series, rules } = rulesOf(seriesText(given, settings));
    const monitor = { intervalMs: 900_000, windows: 4 };
    expect(series).toMatchObject([{ name, type, on, key, monitor, amount: 1 }]);
    const [{ conditions, verdict, scope }] = rules;
    const of = { type: 'series', series: name };
    expect(conditions).toEqual([{ type: 'count', of, windows: { start: 0, end: 3 }, above: 100 }]);
    expect(verdict).toMatchObject({ type: code === 421 ? 'disconnect' : 'reject', code });
    expect(scope).toBe('node');
  });

  test('the events of invalid recipients and scanners are filtered', () => {
    const fields = (name: string): unknown =>
      rulesOf(seriesText(name, 'type = "cidr", interval = 60, buckets = 2')).series[0].where.map(
        ({ field }) => field,
      );
    expect(fields('invalid_recipients')).toEqual(['phase', 'code', 'reason']);
    expect(fields('virus')).toEqual(['verdict']);
    expect(fields('messages')).toEqual([]);
  });

  test('options', () => {
    const base = 'type = "cidr", interval = 60, buckets = 2';
    const one = 'thresholds = { { check = true, key = "/24", threshold = 1 } }';
    const policy = (options: string) =>
      rulesOf(seriesText('messages', `${base}, ${one}, options = { ${options} }`));
    const { series } = policy('persist = true, serialize = true');
    expect(series).toMatchObject([{ persist: true, serialize: true, replicate: 'none' }]);
    // A server asks what its own node knows, whoever has told it.
    for (const replicate of ['none', 'cluster', 'manager']) {
      const told = policy(`replicate = "${replicate}"`);
      expect(told.series).toMatchObject([{ replicate, persist: false }]);
      expect(told.rules).toMatchObject([{ scope: 'node' }]);
    }
    const wrong = seriesText('messages', `${base}, options = { replicate = "all" }`);
    expect(rulesOf(wrong).series).toMatchObject([{ replicate: 'none' }]);
    expect(importedOf(wrong).policy).toContain("'replicate' must be one of none, cluster, manager");
    const off = seriesText('messages', `${base}, options = { persist = false }`);
    expect(rulesOf(off).series[0]).toMatchObject({ persist: false, serialize: false });
  });

  test('numbers may be texts, as Lua takes them', () => {
    const text = seriesText('messages', 'type = "cidr", interval = "900", buckets = "4"');
    expect(rulesOf(text).series[0].monitor).toEqual({ intervalMs: 900_000, windows: 4 });
  });

  test.each([
    ['interval = 0, buckets = 2, type = "cidr"', 'value-wrong'],
    ['interval = 1.5, buckets = 2, type = "cidr"', 'value-wrong'],
    ['interval = 60, type = "cidr"', 'value-wrong'],
    ['interval = 60, buckets = 1e7, type = "cidr"', 'value-wrong'],
    ['interval = 60, buckets = 2', 'value-wrong'],
    ['interval = 60, buckets = 2, type = "ip"', 'value-wrong'],
    ['interval = 60, buckets = 2, type = "string"', 'type-differs'],
  ])('is left out with %s', (settings, code) => {
    const text = seriesText('messages', settings);
    expect(rulesOf(text).series).toEqual([]);
    expect(saidOf(text).map((said) => said.split(' ')[0])).toContain(code);
    expect(importedOf(text).policy).toContain("series 'messages' is left out");
  });
});

describe('thresholds', () => {
  const ruleFor = (threshold: string): unknown => {
    const [rule] = rulesOf(thresholdText(threshold)).rules;
    if (rule === undefined) return undefined;
    const [condition] = rule.conditions;
    if (condition.type !== 'count') return condition;
    const { start, end } = condition.windows;
    const per = rule.per.type === 'prefix' ? rule.per.prefix.ipv4 : rule.per.field;
    return `${rule.name} /${per} ${start}..${end} above ${condition.above}`;
  };

  test.each([
    [
      'check = true, key = "/24", startv = 1, endv = 3, threshold = 7',
      'connections-24 /24 1..3 above 7',
    ],
    ['check = true, threshold = 7', 'connections-32 /32 0..0 above 7'],
    ['check = true, key = "/0", threshold = 0', 'connections-0 /0 0..0 above 0'],
    ['check = true, key = "/24", endv = 99, threshold = 7', 'connections-24 /24 0..3 above 7'],
    ['check = true, threshold = 7.9', 'connections-32 /32 0..0 above 7'],
    ['threshold = 7', 'connections-32 /32 0..0 above 7'],
    ['check = 0, threshold = "7"', 'connections-32 /32 0..0 above 7'],
    ['check = false, threshold = 7', undefined],
    ['check = true, threshold = -1', undefined],
    ['check = true, threshold = 0/0', undefined],
    ['check = true, threshold = 1/0', undefined],
    ['check = true, key = "/33", threshold = 7', undefined],
    ['check = true, key = 24, threshold = 7', undefined],
    ['check = true, startv = 4, threshold = 7', undefined],
    ['check = true, startv = 2, endv = 1, threshold = 7', undefined],
    ['check = true', undefined],
  ])('%s', (threshold, rule) => {
    expect(ruleFor(threshold)).toBe(rule);
  });

  test('two of one size have names of their own', () => {
    const text = thresholdText('check = true, threshold = 1 }, { check = true, threshold = 2');
    expect(rulesOf(text).rules.map(({ name }) => name)).toEqual([
      'connections-32',
      'connections-32.2',
    ]);
  });

  test('whitelists are exempt, once somebody fills them', () => {
    const text = thresholdText('check = true, threshold = 1, honor_whitelist = { "global", "on" }');
    const { policy } = importedOf(text);
    expect(policy).toContain('except: [global, ');
    expect(policy).toContain("\n  'on': []\n");
    expect(saidOf(text).map((said) => said.split(' ')[0])).toEqual([
      'whitelist-empty',
      'whitelist-empty',
    ]);
  });
});

describe('limits on open connections', () => {
  const limitsOf = (limits: string): string[] =>
    rulesOf(`msys.dp_config.concurrent_connection_limits = { ${limits} }`).rules.map(
      ({ conditions: [condition], per }) => {
        if (condition.type !== 'count' || condition.of.type !== 'sessions') return '?';
        const { ipv4, ipv6 } = per.type === 'prefix' ? per.prefix : { ipv4: 0, ipv6: 0 };
        return `${condition.of.service} ${ipv4} ${ipv6} above ${condition.above}`;
      },
    );

  test.each([
    ['{ check = true, mask = "/32", limit = 10 }', ['SMTP 32 128 above 10']],
    ['{ check = true, mask = "/24", limit = 10 }', ['SMTP 24 64 above 10']],
    ['{ check = true, mask = "/0", limit = 10 }', ['SMTP 0 0 above 10']],
    ['{ check = true, mask = "/64", limit = 10 }', ['SMTP 32 64 above 10']],
    ['{ check = true, limit = 10, service = "ECStream" }', ['ECStream 32 128 above 10']],
    ['{ check = true, limit = 10, service = "smtp" }', []],
    ['{ check = false, mask = "/24", limit = 10 }', []],
    ['{ check = true, mask = "/129", limit = 10 }', []],
    ['"/24", limit = 10', []],
  ])('%s', (limits, rules) => {
    expect(limitsOf(limits)).toEqual(rules);
  });
});
