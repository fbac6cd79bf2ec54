-- T1 over the CSV: counts per kind, address and window, rolled up to /24 and /64, those above the
-- limit. $file and $limit are filled in by duckdb.mjs.
WITH addresses AS (
  SELECT
    CASE kind WHEN 'connect' THEN 'connections' ELSE 'rejections' END AS rule,
    ip,
    epoch(time)::BIGINT // 300 * 300 AS window_start,
    count(*) AS hits
  FROM read_csv($file, header = true, auto_detect = false, quote = '"', escape = '"', columns = {
    'time': 'TIMESTAMP', 'kind': 'VARCHAR', 'ip': 'VARCHAR', 'sender': 'VARCHAR',
    'recipient': 'VARCHAR', 'code': 'SMALLINT'})
  WHERE kind = 'connect' OR kind = 'rejection'
  GROUP BY ALL
),
