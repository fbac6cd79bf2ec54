import { matchOf } from '../match.ts';
import type { Run } from '../run.ts';
import type { CommandBinder, CommandSet, TestBinder } from '../site.ts';
import { connectionValue, messageValue } from '../../momentum/session-facts.ts';
import { itemsOf, textOf } from '../value.ts';

type Context = Map<string, string>;
type ContextOf = (run: Run) => Context;
/** A key of a context, as a script or the server has set it. */
type ValueOf = (run: Run, key: string) => string | undefined;

const ofSession: ContextOf = (run) => run.event.session.context;
const ofMessage: ContextOf = (run) => run.event.session.message.context;

function get(valueOf: ValueOf): CommandBinder {
  return ({ positional: [key] }) =>
    (run) =>
      valueOf(run, textOf(key.get(run))) ?? '';
}

function set(contextOf: ContextOf): CommandBinder {
  return ({ positional: [key, value] }) =>
    (run) => {
      contextOf(run).set(textOf(key.get(run)), textOf(value.get(run)));
      return undefined;
    };
}

function remove(contextOf: ContextOf): CommandBinder {
  return ({ positional: [key] }) =>
    (run) => {
      contextOf(run).delete(textOf(key.get(run)));
      return undefined;
    };
}

/**
 * `<match> keys values`. A key that no context has is empty, but contains nothing and counts as
 * nothing: `:contains ""` asks whether a key is set (momentum, 1.3).
 */
function test(...contexts: readonly ValueOf[]): TestBinder {
  return (site) => {
    const match = matchOf(site);
    const [keys, values] = site.positional;
    const missing = site.tags.has('contains') || site.tags.has('count') ? [] : [''];
    return (run) => {
      const found = itemsOf(keys.get(run)).flatMap((key) => {
        const known = contexts.map((valueOf) => valueOf(run, String(key)));
        const given = known.filter((value) => value !== undefined);
        return given.length === 0 ? missing : given;
      });
      return match(found, values.get(run), run);
    };
  };
}

export const CONTEXT: CommandSet = {
  commands: {
    vctx_conn_get: get(connectionValue),
    vctx_conn_set: set(ofSession),
    vctx_conn_delete: remove(ofSession),
    vctx_mess_get: get(messageValue),
    vctx_mess_set: set(ofMessage),
    vctx_mess_delete: remove(ofMessage),
  },
  tests: {
    vctx: test(connectionValue, messageValue),
    vctx_conn: test(connectionValue),
    vctx_mess: test(messageValue),
  },
};
