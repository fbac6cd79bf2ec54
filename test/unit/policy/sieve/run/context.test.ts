// Goal: the contexts of a session and of a message hold texts, and tests compare them.
// Method: sessions with some keys; each command and test on them.
import { expect, test } from 'vitest';

import { holds, runScript, sessionOf } from '../../../../builders/script-run.ts';

function session(): ReturnType<typeof sessionOf> {
  const made = sessionOf();
  made.context.set('both', 'c');
  made.context.set('n', '12');
  made.context.set('empty', '');
  made.message.context.set('both', 'm');
  made.message.context.set('only', 'm2');
  return made;
}

test('what is set can be got and deleted, and belongs to one context', () => {
  const at = session();
  const { variables } = runScript(
    `vctx_conn_set "k" 7; vctx_mess_set "k" ["a", "b"]; $c = vctx_conn_get "k";
     $m = vctx_mess_get "k"; vctx_conn_delete "both"; vctx_mess_delete "only";
     $gone = vctx_conn_get "both"; $never = vctx_mess_get "never";`,
    { session: at },
  );
  expect(variables).toEqual({ c: '7', m: 'a', gone: '', never: '' });
  expect(at.context.get('k')).toBe('7');
  expect(at.context.has('both')).toBe(false);
  expect([...at.message.context.keys()]).toEqual(['both', 'k']);
});

test.each([
  ['vctx :is "both" "c"', true],
  ['vctx :is "both" "m"', true],
  ['vctx_conn :is "both" "m"', false],
  ['vctx_mess :is "both" "m"', true],
  ['vctx "both" ["x", "m"]', true],
  ['vctx :is ["never", "only"] "m2"', true],
  ['vctx_conn :is "only" "m2"', false],
  ['vctx_conn :is "never" ""', true],
  ['vctx_conn :is "empty" ""', true],
  // Whether a key is set.
  ['vctx :contains "both" ""', true],
  ['vctx :contains "empty" ""', true],
  ['vctx :contains "never" ""', false],
  ['vctx_mess :contains "n" ""', false],
  ['vctx_conn :value "gt" :comparator "i;ascii-numeric" "n" "9"', true],
  ['vctx_conn :is :comparator "i;ascii-casemap" "both" "C"', true],
  ['vctx :count "eq" :comparator "i;ascii-numeric" "both" "2"', true],
  ['vctx :count "eq" :comparator "i;ascii-numeric" ["never", "n"] "1"', true],
])('%s is %s', (condition, expected) => {
  expect(holds(condition, '', { session: session() })).toBe(expected);
});
