import { UserError } from '../../model/errors.ts';
import { EXIT } from '../exit-code.ts';
import { loadPolicy } from '../policy-file.ts';
import type { CommandContext } from '../program.ts';

/** `hindcast check`: every mistake of every policy, then exit code 2 when there was one. */
export function runCheck(files: readonly string[], { stdio, exit }: CommandContext): void {
  for (const file of files) {
    try {
      const { policy, warnings } = loadPolicy(file);
      for (const warning of warnings) stdio.err(`${warning}\n\n`);
      const series = `${policy.series.length} series`;
      const rules = policy.rules.length === 1 ? '1 rule' : `${policy.rules.length} rules`;
      stdio.out(`${file}: ok, ${series}, ${rules}\n`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      stdio.err(`${error.message}\n`);
      const count = error.diagnostics.length;
      if (count > 0) stdio.err(`\n${file}: ${count === 1 ? '1 error' : `${count} errors`}\n`);
      exit(EXIT.userMistake);
    }
  }
}
