import type { CommandSet } from '../site.ts';
import { textOf } from '../value.ts';

/** What the paniclog takes of a line (momentum, 1.4). */
const MOST_CHARACTERS = 1972;

export const LOGS: CommandSet = {
  commands: {
    ec_log: (site, { world }) => {
      const [text] = site.positional;
      return (run) => {
        world.log(site, '', textOf(text.get(run)).slice(0, MOST_CHARACTERS));
        return undefined;
      };
    },
    ec_log_file: (site, { world }) => {
      const [file, ...texts] = site.positional;
      return (run) => {
        const text = texts.map((one) => textOf(one.get(run))).join('');
        world.log(site, textOf(file?.get(run)), text);
        return undefined;
      };
    },
    ec_inc_counter: (site, { world }) => {
      return (run) => {
        for (const counter of site.positional) {
          world.count(run.slot, textOf(counter.get(run)), 'informational');
        }
        return undefined;
      };
    },
  },
};
