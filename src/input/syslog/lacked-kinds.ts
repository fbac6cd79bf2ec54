import { KINDS, type KindName } from '../../model/event.ts';

/** Kinds that mean something in converted logs or inside a run only: no log lacks them. */
const OF_NO_LOG: readonly KindName[] = ['queued', 'reinjection', 'clock'];

/** What a log lacks that shows these kinds of event. */
export function allKindsBut(shown: readonly KindName[]): readonly KindName[] {
  return KINDS.filter((kind) => !shown.includes(kind) && !OF_NO_LOG.includes(kind));
}

/** What a log lacks in which each of these programs lacks what the list says. */
export function lackedByAll(programs: readonly (readonly KindName[])[]): readonly KindName[] {
  const [first, ...others] = programs;
  if (first === undefined) return [];
  return first.filter((kind) => others.every((lacked) => lacked.includes(kind)));
}
