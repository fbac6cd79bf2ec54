/** Of `COMPARED`; a configuration has it, too. */
const MONITORS = '"5,6"';

/** A YAML policy that refuses more than `above` connects of an address in half a minute. */
export const limitOf = (above: number): string => `hindcast: 1
monitors: [${MONITORS}]
rules:
  - { name: busy, count: connections, windows: 0..5, per: address, above: ${above}, at: connect, then: { disconnect: "421 no" } }
`;
const sieve = (above: number): string => `$h = hash_create;
hash_set $h "monitor" ${MONITORS}; hash_set $h "period_start" 0; hash_set $h "period_end" 5;
$c = ec_ip_connections $h;
if ec_test :value "gt" :comparator "i;ascii-numeric" "\${c}" "${above}" { ec_disconnect 421 "no"; }
`;
const lua = (above: number): string => `local mod = {}
function mod:validate_connect(ac, vctx)
  if msys.audit.connections(${MONITORS}, { startv = 0, endv = 5 }) > ${above} then
    vctx:disconnect(421, "no")
    return msys.core.VALIDATE_DONE
  end
  return msys.core.VALIDATE_CONT
end
msys.registerModule("limits", mod)
`;
/** The same limit in every way to write it, and a lower one. */
export const COMPARED = {
  'old.yaml': limitOf(8),
  'new.yaml': limitOf(5),
  'old.siv': sieve(8),
  'new.siv': sieve(5),
  'old.lua': lua(8),
  'e.conf': `inbound_audit { monitors = ( ${MONITORS} ) }\n`,
};
