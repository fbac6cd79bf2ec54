// Bundles src into dist: the library, the command line and its threads. `npm run build` has tsc
// write the types of the library beside them.
//
// Node takes half a millisecond for each file that it loads. So what a command needs lies in a few
// files, in order and readable: a comment names the source of each part.
import { rmSync } from 'node:fs';
import { rolldown } from 'rolldown';

rmSync('dist', { recursive: true, force: true });
const bundle = await rolldown({
  input: {
    index: 'src/index.ts',
    'cli/main': 'src/cli/main.ts',
    'cli/reader-thread': 'src/cli/reading/reader-thread.ts',
    'cli/test-worker': 'src/cli/test-worker.ts',
  },
  platform: 'node',
  // Dependencies, and what belongs to Node.
  external: /^[^./]/,
});
await bundle.write({
  dir: 'dist',
  // In the folder of the entries, because sources name files beside their own.
  chunkFileNames: 'cli/[name]-[hash].js',
});
await bundle.close();
