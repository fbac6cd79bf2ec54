/** @typedef {import('./growth.mjs').Point} Point */

const PANEL = { width: 300, height: 190 };
const MARGIN = { left: 58, right: 58, top: 34, bottom: 34 };
const TIME_COLOR = '#1f5fbf';
const MEMORY_COLOR = '#b35c00';
const COLUMNS = 2;

/**
 * One panel for each thing that grows: cost per event on the left axis, peak memory on the right
 * one, both from zero; the amount on a logarithmic axis.
 *
 * @param {readonly Point[]} points
 */
export function drawGrowth(points) {
  const axes = [...new Set(points.map(({ axis }) => axis))];
  const rows = Math.ceil((axes.length + 1) / COLUMNS);
  const width = COLUMNS * (PANEL.width + MARGIN.left + MARGIN.right);
  const height = rows * (PANEL.height + MARGIN.top + MARGIN.bottom);
  const panels = axes.map((axis, index) => {
    const own = points.filter((point) => point.axis === axis);
    return `<g transform="translate(${placeOf(index)})">${panel(axis, own)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"`,
    ` font-family="sans-serif" font-size="12" fill="#333333">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...panels,
    `<g transform="translate(${placeOf(axes.length)})">${legend()}</g>`,
    '</svg>\n',
  ].join('\n');
}

/** @param {number} index */
function placeOf(index) {
  const column = index % COLUMNS;
  const row = Math.floor(index / COLUMNS);
  const x = MARGIN.left + column * (PANEL.width + MARGIN.left + MARGIN.right);
  const y = MARGIN.top + row * (PANEL.height + MARGIN.top + MARGIN.bottom);
  return `${x} ${y}`;
}

/**
 * @param {string} axis
 * @param {readonly Point[]} points
 */
function panel(axis, points) {
  const times = points.map(({ nsPerEvent }) => nsPerEvent);
  const memory = points.map(({ peakMb }) => peakMb);
  const logs = points.map(({ value }) => Math.log10(value));
  const [first, last] = [logs[0], logs[logs.length - 1]];
  const xs = logs.map((log) => ((log - first) / (last - first || 1)) * PANEL.width);
  return [
    `<rect width="${PANEL.width}" height="${PANEL.height}" fill="none" stroke="#cccccc"/>`,
    text(PANEL.width / 2, -12, 'middle', axis, '#333333', true),
    ...points.map(({ value }, index) =>
      text(xs[index], PANEL.height + 18, 'middle', shortNumber(value), '#333333'),
    ),
    scale(times, 'left', TIME_COLOR),
    scale(memory, 'right', MEMORY_COLOR),
    line(xs, times, TIME_COLOR, ''),
    line(xs, memory, MEMORY_COLOR, '5 3'),
  ].join('\n');
}

/**
 * @param {readonly number[]} xs
 * @param {readonly number[]} values
 * @param {string} color
 * @param {string} dashes
 */
function line(xs, values, color, dashes) {
  const top = ceilingOf(values);
  const places = values.map((value, index) => {
    return [xs[index].toFixed(1), (PANEL.height * (1 - value / top)).toFixed(1)];
  });
  const path = places.map((place) => place.join(',')).join(' ');
  const stroke = `stroke="${color}" stroke-width="2" stroke-dasharray="${dashes}"`;
  const dots = places.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${color}"/>`);
  return [`<polyline points="${path}" fill="none" ${stroke}/>`, ...dots].join('');
}

/**
 * @param {readonly number[]} values
 * @param {'left' | 'right'} side
 * @param {string} color
 */
function scale(values, side, color) {
  const top = ceilingOf(values);
  const x = side === 'left' ? -8 : PANEL.width + 8;
  const anchor = side === 'left' ? 'end' : 'start';
  const ticks = [0, 0.5, 1].map((part) => {
    return text(x, PANEL.height * (1 - part) + 4, anchor, shortNumber(top * part), color);
  });
  return ticks.join('');
}

/**
 * The next round number: 1, 2 or 5 times a power of ten.
 *
 * @param {readonly number[]} values
 */
function ceilingOf(values) {
  const most = Math.max(1, ...values);
  const unit = 10 ** Math.floor(Math.log10(most));
  const factor = [1, 2, 5, 10].find((round) => round * unit >= most) ?? 10;
  return factor * unit;
}

/** @param {number} value */
function shortNumber(value) {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1e4 ? `${value / 1e3}k` : String(value);
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} anchor
 * @param {string} words
 * @param {string} color
 * @param {boolean} [bold]
 */
function text(x, y, anchor, words, color, bold = false) {
  const weight = bold ? ' font-weight="bold"' : '';
  const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"`;
  return `<text ${place} fill="${color}"${weight}>${words}</text>`;
}

function legend() {
  const entry = (
    /** @type {number} */ y,
    /** @type {string} */ color,
    /** @type {string} */ words,
  ) => `<circle cx="8" cy="${y - 4}" r="4" fill="${color}"/>${text(20, y, 'start', words, color)}`;
  return [
    entry(20, TIME_COLOR, 'left axis: nanoseconds per event'),
    entry(42, MEMORY_COLOR, 'right axis, dashed: peak memory of the process, MB'),
    text(8, 74, 'start', 'Usual: 1M events, 10k keys, 12 windows, 1 rule, 1 file.', '#333333'),
  ].join('');
}
