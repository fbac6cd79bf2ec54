import type { CounterClass, ScriptVerdict } from '../../script-policy.ts';
import type { Run } from '../run.ts';
import { fail, type Binding, type CommandBinder, type CommandSet, type Site } from '../site.ts';
import { leadingNumber, textOf, type Value } from '../value.ts';

/** What a reply without arguments says (momentum, 3.6, row 14). */
const DEFAULT_CODE = { reject: 550, disconnect: 421 } as const;
const REJECTED = 550;

/** The counter of an action in `stats`: its own argument, or the place of the action. */
export function counterName(site: Site, value: Value | undefined): string {
  const name = textOf(value);
  return name === '' ? `${site.script}:${site.line}` : name;
}

function classOf(code: number): CounterClass {
  return code >= 500 ? '5xx' : code >= 400 ? '4xx' : 'informational';
}

/** Takes a terminal action: nothing behind it runs, nor does phase2. */
function end(run: Run, code: number): void {
  run.code = code;
  run.ended = true;
  run.terminal = true;
}

function codeOf(site: Site, value: Value | undefined): number {
  const text = textOf(value).trim();
  if (!/^[245]\d\d$/.test(text)) fail(site, `${site.name}: '${text}' is not a reply code`);
  return Number(text);
}

/** `ec_action` and `ec_disconnect`: code, reason, counter. */
function reply(verdict: 'reject' | 'disconnect'): CommandBinder {
  return (site, { world }) => {
    const [code, reason, counter] = site.positional;
    // A literal 250 accepts: there is nothing to report. Whoever disconnects does so with any code.
    const literal = verdict === 'reject' ? code?.literal : undefined;
    const accepts = literal !== undefined && textOf(literal).startsWith('2');
    const rule = accepts ? -1 : world.declare(site, verdict);
    return (run) => {
      const given = code === undefined ? DEFAULT_CODE[verdict] : codeOf(site, code.get(run));
      end(run, given);
      world.count(run.slot, counterName(site, counter?.get(run)), classOf(given));
      if (given >= 400 || verdict === 'disconnect') {
        world.act(rule, { code: given, text: () => textOf(reason?.get(run)) });
      }
      return undefined;
    };
  };
}

/** A final disposition: `reject` and `discard`, whatever they say. */
function dispose(verdict: ScriptVerdict, code: number): CommandBinder {
  return (site, { world }: Binding) => {
    const rule = world.declare(site, verdict);
    const [reason] = site.positional;
    return (run) => {
      end(run, code);
      world.count(run.slot, counterName(site, undefined), classOf(code));
      world.act(rule, { code, text: () => textOf(reason?.get(run)) });
      return undefined;
    };
  };
}

const keep: CommandBinder = () => (run) => {
  end(run, 250);
  return undefined;
};

const tarpit: CommandBinder = (site, { world }) => {
  const [seconds, counter] = site.positional;
  const rule = world.declare(site, 'tarpit');
  return (run) => {
    const given = textOf(seconds.get(run));
    const held = leadingNumber(given);
    if (held === undefined || held < 0) fail(site, `ec_tarpit: '${given}' is no number of seconds`);
    world.count(run.slot, counterName(site, counter?.get(run)), 'informational');
    if (held > 0) world.act(rule, { seconds: held });
    return undefined;
  };
};

export const ACTIONS: CommandSet = {
  commands: {
    ec_tarpit: tarpit,
    ec_action: reply('reject'),
    ec_disconnect: reply('disconnect'),
    keep,
    ec_keep: keep,
    reject: dispose('reject', REJECTED),
    ec_reject: dispose('reject', REJECTED),
    discard: dispose('discard', 250),
    ec_discard: dispose('discard', 250),
  },
};
