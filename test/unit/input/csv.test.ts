import { describe, expect, test } from 'vitest';
import { createCsvParser, detectDelimiter, readCsvHeader } from '../../../src/input/csv.ts';
import { ALL_NEEDS, EVENT_COLUMNS, type EventField } from '../../../src/model/event.ts';
import { HOUR_MS } from '../../../src/model/time.ts';
import { parseText, type Parsed } from './event-rows.ts';

type Options = Partial<Parameters<typeof createCsvParser>[0]>;

function parseCsv(text: string | Buffer, options: Options = {}): Parsed {
  const delimiter = options.delimiter ?? ',';
  const bytes = Buffer.from(text);
  const header = options.header ?? readCsvHeader(bytes.toString().split('\n')[0], delimiter);
  const fields = new Set<string>(EVENT_COLUMNS);
  const map = new Map(
    header.filter((name) => fields.has(name)).map((name) => [name as EventField, name]),
  );
  return parseText(
    (vocabulary) =>
      createCsvParser({
        vocabulary,
        needs: ALL_NEEDS,
        delimiter,
        header,
        map,
        headerLine: true,
        ...options,
      }),
    bytes,
  );
}

const rowsOf = (...lines: string[]): Parsed['rows'] => parseCsv(lines.join('\n')).rows;
const reasonOf = (header: string, record: string): string | undefined =>
  parseCsv(`${header}\n${record}`).reasons[0];

test('every column', () => {
  const { rows, classes } = parseCsv(
    `${EVENT_COLUMNS.join(',')}\n` +
      '2026-11-20T17:27:13.049Z,rejection,192.0.2.7,mx1,ECStream,postfix,p[1],4AB,rcptto,s@a,r@b,h,u,550,5.1.1,"no, ""never""",1234,2,greylisted,old.log,77\n',
  );
  expect(classes).toEqual([1, 1, 0]);
  expect(rows).toEqual([
    {
      time: '2026-11-20T17:27:13.049Z',
      kind: 'rejection',
      ip: '192.0.2.7',
      node: 'mx1',
      service: 'ECStream',
      listener: 'postfix',
      session: 'p[1]',
      queue_id: '4AB',
      phase: 'rcptto',
      sender: 's@a',
      recipient: 'r@b',
      helo: 'h',
      user: 'u',
      code: 550,
      enhanced: '5.1.1',
      reason: 'no, "never"',
      size: 1234,
      recipients: 2,
      verdict: 'greylisted',
      file: 'old.log',
      line: 77,
    },
  ]);
});

test('empty fields are unset', () => {
  const empty = EVENT_COLUMNS.slice(2).map(() => '');
  expect(rowsOf(EVENT_COLUMNS.join(','), ['0', 'connect', ...empty].join(','))).toEqual([
    { time: '1970-01-01T00:00:00Z', kind: 'connect', line: 2 },
  ]);
});

describe('time', () => {
  test.each([
    ['2026-11-20T17:27:13Z', '2026-11-20T17:27:13Z'],
    ['2026-11-20T17:27:13.5Z', '2026-11-20T17:27:13.500Z'],
    ['2026-11-20T17:27:13.049295Z', '2026-11-20T17:27:13.049Z'],
    ['2026-11-20T17:27:60Z', '2026-11-20T17:27:59Z'],
    ['2026-11-20T18:27:13+01:00', '2026-11-20T17:27:13Z'],
    ['2026-11-20 17:27:13', '2026-11-20T17:27:13Z'],
    ['2026-11-20', '2026-11-20T00:00:00Z'],
    ['"2026-11-20T17:27:13Z"', '2026-11-20T17:27:13Z'],
    ['1795195633', '2026-11-20T17:27:13Z'],
    ['1795195633.0495', '2026-11-20T17:27:13.049Z'],
    ['1795195633049', '2026-11-20T17:27:13.049Z'],
    ['99999999999', '5138-11-16T09:46:39Z'],
    ['100000000000', '1973-03-03T09:46:40Z'],
    ['1.005', '1970-01-01T00:00:01.005Z'],
  ])('%s', (text, time) => {
    // Twice, because the second one finds the minute of the first.
    expect(rowsOf('time,kind', `${text},connect`, `${text},connect`)).toMatchObject([
      { time },
      { time },
    ]);
  });

  test.each([
    '',
    'x',
    '2026-13-20T17:27:13Z',
    '2026-02-30T17:27:13Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20x17:27:13Z',
    '2026-11-20T17:27:xxZ',
    '2026-11-20T17:27:61Z',
    '-5',
    '1e9',
    '2026-11-20T17:27:13.x49Z',
    '123456789012345',
  ])('no such time: %s', (text) => {
    expect(reasonOf('time,kind', `${text},connect`)).toBe('no such time');
  });

  test('a minute that was seen passes only whole', () => {
    const { reasons, classes } = parseCsv(
      'time,kind\n2026-11-20T17:27:13Z,a\n2026-11-20T17:27:99Z,a\n2026-11-20T17:27: 3Z,a',
    );
    expect(classes).toEqual([1, 1, 2]);
    expect(reasons).toEqual(['no such time', 'no such time']);
  });

  test('zone of a civil time', () => {
    const { rows } = parseCsv('time,kind\n2026-11-20T18:27:13,a\n2026-11-20T18:27:13Z,a', {
      zoneOffset: () => HOUR_MS,
    });
    expect(rows.map((row) => row['time'])).toEqual([
      '2026-11-20T17:27:13Z',
      '2026-11-20T18:27:13Z',
    ]);
  });

  test('no column', () => {
    expect(reasonOf('kind', 'connect')).toBe('no time');
  });
});

describe('kind', () => {
  test('custom words', () => {
    const kinds = rowsOf('time,kind', '1,honeypot_hit', '1,connect', '1,"honeypot_hit"');
    expect(kinds.map((row) => row['kind'])).toEqual(['honeypot_hit', 'connect', 'honeypot_hit']);
  });

  test.each(['', 'Connect', 'a-b', '1a', '#3', 'a b', '"a""b"'])('no such kind: %s', (kind) => {
    expect(reasonOf('time,kind', `1,${kind}`)).toBe('no such kind');
  });

  test('a default where no column names it', () => {
    expect(parseCsv('time\n1', { defaultKind: 'honeypot_hit' }).rows).toMatchObject([
      { kind: 'honeypot_hit' },
    ]);
    expect(reasonOf('time,ip', '1,192.0.2.7')).toBe('no such kind');
  });
});

describe('address', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['"192.0.2.7"', '192.0.2.7'],
  ])('%s', (text, ip) => {
    expect(rowsOf('time,kind,ip', `1,a,${text}`)).toMatchObject([{ ip }]);
  });

  test.each(['unknown', '192.0.2', '192.0.2.256', '[192.0.2.7', '[]', '192.0.2.7/24', ' '])(
    'cannot be read: %s',
    (text) => {
      expect(reasonOf('time,kind,ip', `1,a,${text}`)).toBe('address cannot be read');
    },
  );
});

test.each([
  ['code', '5x0', 'code cannot be read'],
  ['code', '1000', 'code cannot be read'],
  ['code', '-1', 'code cannot be read'],
  ['size', '1.5', 'size cannot be read'],
  ['size', '1234567890123456', 'size cannot be read'],
  ['recipients', '2147483648', 'recipients cannot be read'],
  ['line', 'x', 'line cannot be read'],
  ['phase', 'RCPT', 'no such phase'],
  ['verdict', 'maybe', 'no such verdict'],
])('%s %s', (column, value, reason) => {
  expect(reasonOf(`time,kind,${column}`, `1,a,${value}`)).toBe(reason);
});

describe('records', () => {
  test('fields may hold delimiters, quotes and line ends', () => {
    const rows = rowsOf('kind,reason,time', 'a,"x,\n""y""\r\n",1', 'b,z,2');
    expect(rows).toMatchObject([{ reason: 'x,\n"y"\r\n' }, { reason: 'z', kind: 'b' }]);
  });

  test.each([
    ['1,a\r\n1,b\r\n', [2, 1, 0]],
    ['1,a\r\n\r\n\n1,b', [2, 3, 0]],
    ['1,a\r\n"1","b"\r\n', [2, 1, 0]],
    ['1,a\n1', [1, 1, 1]],
    ['1,a,b', [0, 1, 1]],
    ['1,a"b', [0, 1, 1]],
    ['1,"a"b', [0, 1, 1]],
    ['1,"a', [0, 1, 1]],
    ['1,"a"\r', [1, 1, 0]],
    ['\0\0,\0', [0, 1, 1]],
    ['"', [0, 1, 1]],
    ['""', [0, 2, 0]],
  ])('%j', (records, classes) => {
    expect(parseCsv(`time,kind\n${records}`).classes).toEqual(classes);
  });

  test('columns behind the last mapped one may be missing', () => {
    expect(parseCsv('time,kind,color\n1,a\n1,a,red').classes).toEqual([2, 1, 0]);
    expect(reasonOf('time,color,kind', '1,red')).toBe('wrong number of fields');
    expect(reasonOf('time,kind', '1,a,red')).toBe('wrong number of fields');
  });

  test('broken quotes do not hide the lines behind them', () => {
    const { classes, reasons } = parseCsv('time,kind\n1,"a"b\n1,c"d\n1,e');
    expect(classes).toEqual([1, 1, 2]);
    expect(reasons).toEqual(['quotes do not match', 'quotes do not match']);
  });

  test('byte order mark', () => {
    expect(parseCsv('\u{feff}time,kind\n1,a').classes).toEqual([1, 1, 0]);
    expect(
      parseCsv('\u{feff}1,a\n2,b', { header: ['time', 'kind'], headerLine: false }).classes,
    ).toEqual([2, 0, 0]);
  });

  test.each([';', '\t', '|'])('delimiter %j', (delimiter) => {
    const rows = parseCsv(['time,kind,reason', '1,a,"x,y"'].join('\n').replaceAll(',', delimiter), {
      delimiter,
    });
    expect(rows.rows).toMatchObject([{ reason: `x${delimiter}y` }]);
  });

  test('more columns than the first guess', () => {
    const names = Array.from({ length: 100 }, (_, i) => `c${i}`);
    const header = [...names, 'time', 'kind'].join(',');
    expect(rowsOf(header, [...names, '1', 'a'].join(','))).toMatchObject([{ kind: 'a' }]);
  });
});

test('needs leave out text fields, but not those that tie lines together', () => {
  const header = 'time,kind,session,queue_id,file,sender,reason';
  const { rows } = parseCsv(`${header}\n1,a,p[1],4AB,x.log,s,r`, { needs: { textFields: 0 } });
  expect(rows[0]).toEqual({
    time: '1970-01-01T00:00:01Z',
    kind: 'a',
    session: 'p[1]',
    queue_id: '4AB',
    file: 'x.log',
    line: 2,
  });
});

test('the node can be given', () => {
  expect(parseCsv('time,kind,node\n1,a,mx1', { node: 'mx2' }).rows).toMatchObject([
    { node: 'mx2' },
  ]);
});

test('columns may have other names', () => {
  const map = new Map<EventField, string>([
    ['time', 'Date & Time'],
    ['kind', 'what'],
  ]);
  expect(parseCsv('what,"Date & Time"\na,1', { map }).rows).toMatchObject([{ kind: 'a' }]);
});

describe('header', () => {
  test.each([
    ['time,kind', ['time', 'kind']],
    ['\u{feff}time,kind\r', ['time', 'kind']],
    ['"time" , "the ""kind"""', ['time', 'the "kind"']],
    ['ti"me,kind', ['ti"me', 'kind']],
    ['', []],
    ['"a', []],
  ])('%j', (line, names) => {
    expect(readCsvHeader(line, ',')).toEqual(names);
  });

  test.each([
    ['time,kind', ','],
    ['time;kind;"a,b,c,d"', ';'],
    ['time\tkind', '\t'],
    ['time|kind|ip,x', '|'],
    ['time', ','],
  ])('delimiter of %j', (line, delimiter) => {
    expect(detectDelimiter(line)).toBe(delimiter);
  });
});
