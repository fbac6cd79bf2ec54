-- T1 over an RFC 3164 log: counts per kind, address and window, rolled up to /24 and /64, those
-- above the limit. $file, $year and $limit are filled in by duckdb.mjs.
--
-- The cheapest ways of several that were tried: `contains` leaves most lines out, and the address
-- stands behind the second bracket.
WITH lines AS (
  SELECT line
  FROM read_csv($file, columns = {'line': 'VARCHAR'}, delim = E'\x01', quote = '', escape = '',
    header = false, auto_detect = false, strict_mode = false)
  WHERE contains(line, ' connect from ')
    OR contains(line, ': NOQUEUE: reject: ')
    OR contains(line, ': DISCONNECT [')
),
hits AS (
  SELECT
    CASE WHEN contains(line, ': NOQUEUE: reject: ') THEN 'rejections' ELSE 'connections'
    END AS rule,
    split_part(split_part(line, '[', 3), ']', 1) AS ip,
    epoch(strptime($year || line[:15], '%Y %b %d %H:%M:%S'))::BIGINT // 300 * 300 AS window_start
  FROM lines
),
addresses AS (
  SELECT rule, ip, window_start, count(*) AS hits FROM hits GROUP BY ALL
),
