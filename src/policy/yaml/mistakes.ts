import { MistakeList } from '../mistakes.ts';
import { WARNINGS, WORDS } from './codes.ts';

export type { Place } from '../mistakes.ts';

/** What is wrong in a YAML policy and the lists that it names. */
export class Mistakes extends MistakeList<typeof WORDS> {
  constructor(file: string) {
    super(file, WORDS, WARNINGS);
  }
}
