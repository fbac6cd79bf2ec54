// Goal: comments follow the settings that they stand by, and every setting has its place.
// Method: small files, and what the outline says of a path in them.
import { describe, expect, test } from 'vitest';
import type { EntryPath } from '../../../../src/policy/vendor/entries.ts';
import { Outline } from '../../../../src/policy/vendor/outline.ts';

const commentsIn = (text: string, ...path: EntryPath): unknown => {
  const { above, behind } = new Outline(text).commentsOf(path);
  return [above, behind];
};
const placeIn = (text: string, ...path: EntryPath): string => {
  const { start, end } = new Outline(text).placeOf(path);
  return text.slice(start, end);
};

describe('comments', () => {
  const X = ['audit_series', 'x'] as const;

  test.each([
    ['-- one\n-- two\naudit_series = { x = 1 }', ['audit_series'], [['one', 'two'], []]],
    ['local a\n-- far\n\n-- near\naudit_series.x = 1', X, [['near'], []]],
    ['local a -- of a\naudit_series.x = 1 -- of x', X, [[], ['of x']]],
    ['audit_series = {\n  x = 1, -- of x\n  y = 2,\n}', X, [[], ['of x']]],
    ['audit_series = {\n  x = 1 -- of x\n}', X, [[], ['of x']]],
    ['audit_series = {\n  w = 1, -- of w\n  -- above\n  x = 1,\n}', X, [['above'], []]],
    ['audit_series = { x = { -- opened\n  y = 1 } } -- all', X, [[], ['opened']]],
    ['audit_series = { x = {\n  y = 1 } } -- all', ['audit_series'], [[], ['all']]],
    ['audit_series = { -- all\n  x = 1 }', ['audit_series'], [[], ['all']]],
    [
      '-- a local one\nlocal c = {}\n-- x\nc.audit_series = { x = 1 }',
      ['audit_series'],
      [['x'], []],
    ],
    ['local c = {\n  -- x\n  audit_series = {} }', ['audit_series'], [['x'], []]],
    ['local s = msys.dp_config.audit_series\n-- x\ns.x = {}', X, [['x'], []]],
    ['return {\n  audit_series = {\n    -- x\n    x = {} } }', X, [['x'], []]],
    ['f({\n  audit_series = {\n    -- x\n    ["x"] = {} } })', X, [['x'], []]],
    ['--[[ one\n two ]]\naudit_series.x = 1', X, [['one', 'two'], []]],
    ['--[==[ ]] -- ]==] audit_series.x = 1', X, [[']] --'], []]],
    ['---- ruled ----\naudit_series.x = 1', X, [['ruled ----'], []]],
    ['audit_series.x = f(1, 2) -- made', X, [[], ['made']]],
    ['audit_series.x = 1 -- first\naudit_series.x = 2 -- second', X, [[], ['second']]],
  ])('%j', (text, path, comments) => {
    expect(commentsIn(text, ...path)).toEqual(comments);
  });

  test('at the top of the file belong to nothing else', () => {
    expect(new Outline('-- a\n-- b\n\n-- c\naudit_series = {}').head).toEqual(['a', 'b']);
    expect(new Outline('-- a\nmodule("x")').head).toEqual(['a']);
    expect(new Outline('').head).toEqual([]);
  });
});

describe('places', () => {
  const data = `local n = { thresholds = { { key = "/24" }, { key = "/32" } } }
msys.dp_config.audit_series.x = n
for i = 1, 3 do print({ a = function() return { 1, 2 } end, [i .. "x"] = 2, last = 3 }) end
msys.dp_config["audit_series"].y = { interval = 5 * (1 + 2), buckets = 4 }`;

  test.each([
    [['audit_series', 'x'], 'msys.dp_config.audit_series.x'],
    [['audit_series', 'x', 'thresholds', 2, 'key'], 'key'],
    [['audit_series', 'y', 'buckets'], 'buckets'],
    [['audit_series', 'y', 'nothing', 'at all'], 'msys.dp_config["audit_series"].y'],
    [['last'], 'last'],
  ])('%j', (path, place) => {
    expect(placeIn(data, ...path)).toBe(place);
  });

  test('what is assigned from another name is found there', () => {
    const { line } = new Outline(data).placeOf(['audit_series', 'x', 'thresholds', 1]);
    expect(line).toBe(1);
  });
});
