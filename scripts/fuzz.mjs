// Feeds mutated logs to every parser: `npm run fuzz -- [INPUTS] [SEED]`, a million by default.
import { spawnSync } from 'node:child_process';

const [inputs = '1000000', seed = '20261120'] = process.argv.slice(2);
const environment = { HINDCAST_FUZZ_INPUTS: inputs, HINDCAST_FUZZ_SEED: seed };
const { status } = spawnSync('npx', ['vitest', 'run', 'test/fuzz'], {
  stdio: 'inherit',
  env: { ...process.env, ...environment },
});
process.exitCode = status ?? 1;
