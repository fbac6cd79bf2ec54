-- The end of both T1 queries: addresses to /24 and /64, then the blocks above the limit. The halves
-- of an IPv6 address are padded to eight groups.
groups AS (
  SELECT
    *,
    string_split(string_split(ip, '::')[1], ':') AS head,
    list_filter(string_split(string_split(ip, '::')[2], ':'), lambda word: word <> '') AS tail
  FROM addresses
),
blocks AS (
  SELECT
    rule,
    CASE WHEN contains(ip, ':')
      THEN array_to_string(
        list_concat(head, list_transform(range(8 - len(head) - coalesce(len(tail), 0)),
          lambda i: '0'), tail)[:4], ':') || '::/64'
      ELSE regexp_replace(ip, '[0-9]+$', '0/24')
    END AS block,
    window_start,
    hits
  FROM groups
)
SELECT rule, block, window_start, sum(hits)::BIGINT AS total
FROM blocks
GROUP BY ALL
HAVING total > $limit
