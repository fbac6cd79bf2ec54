import * as fc from 'fast-check';

/**
 * Property tests draw the same cases in every run, so that a green commit stays green. To look for
 * new ones: `HINDCAST_SEED=random npm test`, or a number that a failing test has printed.
 */
const { HINDCAST_SEED = '20261120' } = process.env;
if (HINDCAST_SEED !== 'random') fc.configureGlobal({ seed: Number(HINDCAST_SEED) });
