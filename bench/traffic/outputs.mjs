import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';

const FLUSH_CHARACTERS = 4 * 1024 * 1024;

/**
 * What a finished file is.
 *
 * @typedef {object} FileFacts
 * @property {string} name
 * @property {number} bytes
 * @property {number} lines
 * @property {string} sha256
 */

/** A file of lines, written in large pieces and digested on the way. */
export class LineFile {
  #name;
  #descriptor;
  #hash = createHash('sha256');
  /** @type {string[]} */
  #pending = [];
  #length = 0;
  #bytes = 0;
  #lines = 0;

  /**
   * @param {string} directory
   * @param {string} name
   */
  constructor(directory, name) {
    this.#name = name;
    this.#descriptor = openSync(path.join(directory, name), 'w');
  }

  /** @param {string} line ASCII, without its line end */
  write(line) {
    this.#pending.push(line);
    this.#length += line.length + 1;
    this.#lines++;
    if (this.#length > FLUSH_CHARACTERS) this.#flush();
  }

  /** @returns {FileFacts} */
  finish() {
    this.#flush();
    closeSync(this.#descriptor);
    return {
      name: this.#name,
      bytes: this.#bytes,
      lines: this.#lines,
      sha256: this.#hash.digest('hex'),
    };
  }

  #flush() {
    if (this.#length === 0) return;
    this.#pending.push('');
    const bytes = Buffer.from(this.#pending.join('\n'), 'latin1');
    this.#pending = [];
    this.#length = 0;
    this.#bytes += bytes.length;
    this.#hash.update(bytes);
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
  }
}
