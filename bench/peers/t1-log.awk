# T1 over an RFC 3164 log: counts per kind, address and window of 300 s, rolled up to /24 and /64,
# those above the limit.
#   mawk -v year=2026 -v limit=20 -f t1-log.awk maillog

BEGIN {
  split("31 28 31 30 31 30 31 31 30 31 30 31", length_of)
  split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", name_of)
  days = (year - 1970) * 365 + int((year - 1969) / 4)
  for (month = 1; month <= 12; month++) {
    days_before[name_of[month]] = days
    days += length_of[month] + (month == 2 && year % 4 == 0)
  }
}

# The fastest of several ways that were tried: one expression lets most lines go, nothing is split
# into fields, and the block of each address is worked out once.
!/ connect from |: NOQUEUE: reject: |: DISCONNECT \[/ { next }

{
  if (substr($0, 1, 12) != minute) {
    minute = substr($0, 1, 12)
    seconds = (days_before[substr($0, 1, 3)] + substr($0, 5, 2) - 1) * 86400 \
      + substr($0, 8, 2) * 3600 + substr($0, 11, 2) * 60
    window = seconds - seconds % 300
  }
  text = substr($0, index($0, "]: ") + 3)
  rule = substr(text, 1, 7) == "NOQUEUE" ? "rejections," : "connections,"
  ip = substr(text, index(text, "[") + 1)
  ip = substr(ip, 1, index(ip, "]") - 1)
  if (!(ip in block_of)) block_of[ip] = block(ip)
  total[rule block_of[ip] "," window]++
}

END { for (key in total) if (total[key] > limit) print key "," total[key] }

function block(ip,    half, groups, more, i, network) {
  if (!index(ip, ":")) {
    sub(/[0-9]+$/, "0/24", ip)
    return ip
  }
  split(ip, half, "::")
  groups = split(half[1], head, ":")
  more = index(ip, "::") ? split(half[2], tail, ":") : 0
  network = ""
  for (i = 1; i <= 4; i++) {
    if (i <= groups) network = network head[i] ":"
    else if (i > 8 - more) network = network tail[i - (8 - more)] ":"
    else network = network "0:"
  }
  return network ":/64"
}
