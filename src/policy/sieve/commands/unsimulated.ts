import type { Binding, Check, Getter, Site } from '../site.ts';

/** A command or test that needs content, delivery or the outside world: empty, false, and told. */
export function bindUnsimulated(
  site: Site,
  { world }: Binding,
): { readonly get: Getter; readonly test: Check } {
  const tell = (): void => world.note(site, 'not-simulated', site.name);
  return {
    get: () => {
      tell();
      return undefined;
    },
    test: () => {
      tell();
      return false;
    },
  };
}
