import type { Mistakes } from './mistakes.ts';
import { isBeforeMessage, type Phase } from '../script-slots.ts';
import type { CommandFacts } from './signature.ts';
import type { Name, Part } from './tree.ts';

/**
 * Holds a command against the phase in which its script runs. An error is only what a compiler is
 * known to refuse; what the manual does not list may work all the same.
 */
export function checkPhase(
  name: Name,
  facts: CommandFacts,
  phase: Phase,
  mistakes: Mistakes,
): void {
  const { phases, refused, ofMessage } = facts;
  const listed = phases === undefined ? undefined : `its phases are ${phases.join(', ')}`;
  if (refused.includes(phase)) {
    mistakes.add(name, 'phase-wrong', [name.text, phase], listed);
  } else if (phases !== undefined && !phases.includes(phase)) {
    mistakes.add(name, 'phase-unlisted', [name.text, phase], listed);
  } else if (ofMessage && isBeforeMessage(phase)) {
    mistakes.add(name, 'message-missing', [name.text, phase], ofConnection(name.text));
  }
}

/** Says that a macro about a message stands where there is none. */
export function checkMacro(macro: Part, space: string, phase: Phase, mistakes: Mistakes): void {
  if (space !== 'vctx_mess' || !isBeforeMessage(phase)) return;
  mistakes.add(macro, 'message-missing', [`%{${space}:…}`, phase], ofConnection(space));
}

/** What does the same for the connection. */
function ofConnection(name: string): string | undefined {
  if (!/^vctx_mess/i.test(name)) return undefined;
  return `what lives as long as the connection is in ${name.toLowerCase().replace('mess', 'conn')}`;
}
