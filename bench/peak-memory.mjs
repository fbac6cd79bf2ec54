// Preloaded where GNU time is missing: writes the process's peak memory when it ends, in KiB.
import { writeFileSync } from 'node:fs';

const file = process.env['HINDCAST_BENCH_PEAK'];
if (file !== undefined) {
  process.once('exit', () => writeFileSync(file, String(process.resourceUsage().maxRSS)));
}
