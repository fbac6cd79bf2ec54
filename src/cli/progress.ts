import cliProgress from 'cli-progress';
import type { Stdio } from './stdio.ts';

const REDRAW_MS = 200;
const MEGA = 1_000_000;

/**
 * A progress bar with rate and time left on a terminal's stderr; nothing elsewhere.
 *
 * @param progress bytes read so far, and of how many; total 0 when nobody knows
 * @returns a function that takes the bar away
 */
export function showProgress(
  stdio: Stdio,
  progress: () => { readonly bytes: number; readonly total: number },
): () => void {
  if (!stdio.errIsTerminal) return () => undefined;
  const started = performance.now();
  const bar = new cliProgress.SingleBar({
    format: '{bar} {percentage} % | {read} of {size} MB | {rate} MB/s | {eta_formatted} left',
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    etaBuffer: 20,
  });
  const total = progress().total;
  const payload = (bytes: number): Record<string, string> => ({
    read: (bytes / MEGA).toFixed(0),
    size: (total / MEGA).toFixed(0),
    rate: ((bytes / MEGA / (performance.now() - started)) * 1000).toFixed(0),
  });
  bar.start(Math.max(total, 1), 0, payload(0));
  const timer = setInterval(() => {
    const { bytes } = progress();
    bar.update(Math.min(bytes, total), payload(bytes));
  }, REDRAW_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    bar.stop();
  };
}
