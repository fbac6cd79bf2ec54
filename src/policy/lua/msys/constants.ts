/** What hooks return; the manual publishes no numbers (momentum, 2.2). */
export const VALIDATE = { VALIDATE_CONT: 0, VALIDATE_DONE: 1, VALIDATE_AGAIN: 2 } as const;

/** Contexts by the names that samples use for them: those of messages are accepted by `vctx` too. */
export const CONTEXTS = {
  VCTX_CONN: 1,
  VCTX_MESS: 2,
  ECMESS_CTX_CONN: 3,
  ECMESS_CTX_MESS: 4,
} as const;

/** Which address of a message; the manual publishes no numbers. */
export const ENVELOPE = { EC_MSG_ENV_FROM: 1, EC_MSG_ENV_TO: 2 } as const;

/** Address families, as Linux numbers them. */
export const FAMILIES = { AF_INET: 2, AF_INET6: 10 } as const;
