// What the command line puts together, for a benchmark that looks inside: bundled when it runs.
export { openLogs } from '../src/cli/open-logs.ts';
export { loadPolicy } from '../src/cli/policy-file.ts';
export { Vocabulary } from '../src/model/vocabulary.ts';
export { needsOf } from '../src/policy/needs.ts';
export { replay } from '../src/simulate/replay.ts';
