// The built command line for many runs of one process, each asked for by a message: what
// kept-hindcast.ts starts. Its first word is the address of the built `main`.

/**
 * @typedef {object} Asked
 * @property {readonly string[]} args
 * @property {string} cwd
 */

const [, , address] = process.argv;
/** @type {unknown} */
const built = await import(address);
const { main } = /** @type {typeof import('../../src/cli/main.ts')} */ (built);

/** @param {Asked} asked */
async function answer({ args, cwd }) {
  process.chdir(cwd);
  /** @type {string[]} */
  const out = [];
  /** @type {string[]} */
  const err = [];
  const code = await main(args, {
    out: (text) => out.push(text) > 0,
    err: (text) => void err.push(text),
    drained: () => undefined,
    errIsTerminal: false,
  });
  process.send?.({ code, stdout: out.join(''), stderr: err.join('') });
}

process.on('message', (asked) => void answer(/** @type {Asked} */ (asked)));
