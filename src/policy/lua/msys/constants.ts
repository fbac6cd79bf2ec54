/** What hooks return; the manual publishes no numbers (momentum, 2.2). */
export const VALIDATE = { VALIDATE_CONT: 0, VALIDATE_DONE: 1, VALIDATE_AGAIN: 2 } as const;

export type ContextType = 'VCTX_CONN' | 'VCTX_MESS' | 'ECMESS_CTX_CONN' | 'ECMESS_CTX_MESS';

/** Contexts by the names that samples use for them: those of messages are accepted by `vctx` too. */
export const CONTEXT_TYPES: ReadonlyMap<ContextType, number> = new Map<ContextType, number>([
  ['VCTX_CONN', 1],
  ['VCTX_MESS', 2],
  ['ECMESS_CTX_CONN', 3],
  ['ECMESS_CTX_MESS', 4],
]);

/** Address families, as Linux numbers them. */
export const FAMILIES = { AF_INET: 2, AF_INET6: 10 } as const;
