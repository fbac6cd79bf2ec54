import { placeOf } from '../../model/diagnostic.ts';
import { MistakeList, type Place } from '../mistakes.ts';
import { WARNINGS, WORDS } from './codes.ts';

/** What is wrong in a configuration and the files that it includes. */
export class Mistakes extends MistakeList<typeof WORDS> {
  constructor(file: string) {
    super(file, WORDS, WARNINGS);
  }
}

/** One file of a configuration. */
export interface ConfigurationFile {
  /** As messages name it. */
  readonly name: string;
  readonly text: string;
}

/** `file:line:column`, for a message about another place. */
export function shownPlace({ name, text }: ConfigurationFile, { start }: Place): string {
  const { line, column } = placeOf(text, start);
  return `${name}:${line}:${column}`;
}
