import * as fc from 'fast-check';

/** A piece of a text that is cut out and replaced. */
interface TextPatch {
  /** Share of the text in front of it. */
  readonly where: number;
  readonly cut: number;
  readonly put: string;
}

/** Patches that put one of `signs` or random bytes. */
export function textPatch(signs: readonly string[]): fc.Arbitrary<TextPatch> {
  return fc.record({
    where: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat(12),
    put: fc.oneof(fc.constantFrom(...signs), fc.string({ unit: 'binary', maxLength: 4 })),
  });
}

export function patchedText(text: string, patches: readonly TextPatch[]): string {
  let patched = text;
  for (const { where, cut, put } of patches) {
    const at = Math.floor(where * patched.length);
    patched = patched.slice(0, at) + put + patched.slice(at + cut);
  }
  return patched;
}
