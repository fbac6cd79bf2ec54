import type { LuaHost } from '../value.ts';
import { BYTES_PER_STEP } from './string-places.ts';

/** The longest string, as the machine has it for `..`. */
export const MAX_STRING_BYTES = 2 ** 28;
/** What keeping one piece costs besides its bytes. */
const PIECE_BYTES = 8;

/** A string in the making: what it takes is accounted before it is there. */
export class Pieces {
  readonly #host: LuaHost;
  readonly #pieces: string[] = [];
  #bytes = 0;

  constructor(host: LuaHost) {
    this.#host = host;
  }

  append(piece: string): void {
    if (piece === '') return;
    this.#host.grow(piece.length + PIECE_BYTES);
    this.#host.spend(Math.ceil(piece.length / BYTES_PER_STEP));
    this.#bytes += piece.length;
    if (this.#bytes > MAX_STRING_BYTES) this.#host.fail('resulting string too large');
    this.#pieces.push(piece);
  }

  joined(): string {
    return this.#pieces.join('');
  }
}
