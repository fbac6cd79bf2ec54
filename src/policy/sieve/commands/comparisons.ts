import { matchOf } from '../match.ts';
import type { CommandSet } from '../site.ts';

export const COMPARISONS: CommandSet = {
  tests: {
    ec_test: (site) => {
      const match = matchOf(site);
      const [left, right] = site.positional;
      return (run) => match(left.get(run), right.get(run), run);
    },
  },
};
