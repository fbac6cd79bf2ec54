import { fail, type CommandSet } from '../site.ts';
import { textOf } from '../value.ts';

const nothing = (): undefined => undefined;

export const CONTROL: CommandSet = {
  commands: {
    require: () => nothing,
    stop: () => (run) => {
      run.ended = true;
      return undefined;
    },
    ec_include: (site, binding) => {
      const [file] = site.positional;
      return (run) => {
        binding.include(run, site, textOf(file.get(run)));
        return undefined;
      };
    },
    ec_error_mode: (site) => {
      const [mode] = site.positional;
      return (run) => {
        const wanted = textOf(mode.get(run)).toLowerCase();
        if (wanted !== 'fail' && wanted !== 'continue') {
          fail(site, `ec_error_mode must be "fail" or "continue", not "${wanted}"`);
        }
        run.onError = wanted;
        return undefined;
      };
    },
  },
  tests: {
    true: () => () => true,
    false: () => () => false,
  },
};
