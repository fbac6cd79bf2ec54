import { FileDater } from '../../src/input/dating.ts';
import { createZone } from '../../src/input/zones.ts';

/** Every stamp without a zone is Berlin's. */
export const BERLIN_DATER = new FileDater({
  zone: createZone('Europe/Berlin')!,
  firstYear: undefined,
  reorderMs: 0,
});
