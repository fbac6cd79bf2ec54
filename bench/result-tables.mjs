import { ratioOf } from './targets.mjs';

/** @typedef {import('./targets.mjs').GroupResult} GroupResult */
/** @typedef {import('./targets.mjs').Verdict} Verdict */

/**
 * A Markdown table whose columns line up in a terminal too; all but the first are set right.
 *
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function markdownTable(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column].length)),
  );
  const line = (/** @type {readonly string[]} */ cells) => {
    const padded = cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
    );
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** @param {number} ms */
const seconds = (ms) => (ms / 1000).toFixed(2);

/**
 * The runs of a group.
 *
 * @param {GroupResult} group
 */
export function groupTable(group) {
  const rows = group.contenders.map(({ name, wallMs, medianMs, peakBytes, skipped }) => {
    if (skipped !== undefined) return [name, '', '', '', skipped];
    const ratio = ratioOf([group], group.name, name, 'hindcast');
    return [
      name,
      seconds(medianMs),
      `${seconds(Math.min(...wallMs))}-${seconds(Math.max(...wallMs))}`,
      peakBytes === null ? '' : String(Math.round(peakBytes / 1e6)),
      ratio === undefined ? '' : ratio.toFixed(2),
    ];
  });
  return markdownTable(['program', 'median s', 'range s', 'peak MB', '/ hindcast'], rows);
}

/**
 * The table of targets.
 *
 * @param {readonly Verdict[]} verdicts
 */
export function targetTable(verdicts) {
  const rows = verdicts.map(({ figure, measured, unit, must, stretch, sense, verdict }) => {
    const sign = sense === 'atMost' ? '<=' : '>=';
    const amount = (/** @type {number | null} */ value) =>
      value === null ? '' : `${sign} ${value}${unit === 'x' ? '' : ` ${unit}`}`;
    const shown =
      measured === null ? '' : `${measured.toFixed(2)}${unit === 'x' ? '' : ` ${unit}`}`;
    return [figure, shown, amount(must), amount(stretch), verdict];
  });
  return markdownTable(['figure', 'measured', 'must', 'stretch', 'reached'], rows);
}
