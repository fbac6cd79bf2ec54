import * as fc from 'fast-check';

// One policy written as YAML rules, as Sieve++ scripts and as a Lua module.

/** Those of the configuration that the policies run under. */
export const MONITORS = ['5,6', '1,4', '300,2'];
const PHASES = ['connect', 'ehlo', 'mailfrom', 'rcptto', 'data', 'spool'] as const;
const METRICS = ['connections', 'receptions', 'rejections'] as const;

export interface Limit {
  readonly of: (typeof METRICS)[number] | 'sessions' | 'series';
  readonly monitor: number;
  readonly windows: readonly [start: number, end: number];
  /** Undefined: the address. */
  readonly mask: number | undefined;
  readonly above: number;
  readonly at: (typeof PHASES)[number];
  readonly verdict: 'reject' | 'disconnect' | 'tarpit';
  /** Of a `reject`. */
  readonly code: 450 | 550;
  /** The script says only when it runs what it asks: the engine has not prepared for it. */
  readonly late: boolean;
}

const limits: fc.Arbitrary<Limit> = fc
  .record({
    of: fc.constantFrom(...METRICS, ...METRICS, 'sessions' as const, 'series' as const),
    monitor: fc.integer({ min: 0, max: MONITORS.length - 1 }),
    edges: fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 5 })),
    mask: fc.option(fc.constantFrom(0, 8, 16, 20, 24, 28, 32), { nil: undefined }),
    above: fc.nat({ max: 12 }),
    at: fc.constantFrom(...PHASES),
    verdict: fc.constantFrom('reject', 'disconnect', 'tarpit'),
    code: fc.constantFrom(450, 550),
    late: fc.boolean(),
  })
  .map(({ edges: [a, b], ...limit }) => {
    const last = Number(MONITORS[limit.monitor].split(',')[1]) - 1;
    const windows = [Math.min(a, b, last), Math.min(Math.max(a, b), last)] as const;
    // A sliding sum of a block holds far more than that of an address.
    const above = limit.mask === undefined ? limit.above : limit.above * 3;
    // Rules judge sessions at connects alone.
    const at = limit.of === 'sessions' ? 'connect' : limit.at;
    return { ...limit, windows, above, at };
  });

/**
 * Rules stand in the order in which phases run, as scripts do; in a phase what ends the script
 * stands last, because YAML judges on behind it.
 */
export const onePolicies: fc.Arbitrary<readonly Limit[]> = fc
  .array(limits, { minLength: 1, maxLength: 6 })
  .map((all) => {
    const order = ({ at, verdict }: Limit): number =>
      PHASES.indexOf(at) * 2 + (verdict === 'tarpit' ? 0 : 1);
    return all.toSorted((a, b) => order(a) - order(b));
  });

const seriesName = (index: number): string => `series${index}`;

export function yamlOf(all: readonly Limit[]): string {
  const series = all.flatMap(({ of, monitor }, index) =>
    of === 'series'
      ? [
          `  ${seriesName(index)}: { type: ip, monitor: "${MONITORS[monitor]}", ` +
            // What scripts add at: not at the rejections that a policy in force makes.
            'on: [connect, rejection], where: { phase: connect, reason: /^(?!no$)/ }, amount: 2 }',
        ]
      : [],
  );
  const rules = all.map(({ of, monitor, windows, mask, above, at, verdict, code }, index) => {
    const per = mask === undefined ? 'address' : `{ ipv4: ${mask}, ipv6: ${mask} }`;
    const then = { reject: `"${code} no"`, disconnect: '"421 no"', tarpit: 5 }[verdict];
    const count = of === 'series' ? seriesName(index) : of;
    const service = of === 'sessions' ? 'service: inbound_cidr, ' : '';
    const counted = METRICS.some((metric) => metric === of)
      ? `monitor: "${MONITORS[monitor]}", `
      : '';
    const asked = of === 'sessions' ? '' : `windows: ${windows[0]}..${windows[1]}, `;
    return `  - { name: r${index}, count: ${count}, ${service}${counted}${asked}per: ${per}, above: ${above}, at: ${at}, then: { ${verdict}: ${then} } }`;
  });
  const named = series.length === 0 ? '' : `series:\n${series.join('\n')}\n`;
  return `hindcast: 1\n${named}rules:\n${rules.join('\n')}\n`;
}

function countOf(limit: Limit, index: number): string {
  const {
    of,
    monitor,
    windows: [start, end],
    mask,
    late,
  } = limit;
  const bits = late ? '${m}' : mask;
  const set = late ? `$m = "${mask}";` : '';
  const written = mask === undefined ? '' : `hash_set $h "mask" "${mask}";`;
  const asked = `hash_set $h "monitor" "${MONITORS[monitor]}"; hash_set $h "period_start" ${start}; hash_set $h "period_end" ${end};`;
  if (of === 'sessions') {
    // Of either family, the peer's address alone is a block.
    const block = mask === undefined ? '%{spfv1:c}' : `/${bits}`;
    return `${set} $c = audit_service "inbound_cidr" "${block}";`;
  }
  if (of !== 'series') return `$h = hash_create; ${asked} ${written} $c = ec_ip_${of} $h;`;
  // Both forms; the one in order has no default mask between other arguments.
  return mask === undefined
    ? `$h = hash_create; ${asked} hash_set $h "series" "${seriesName(index)}"; $c = audit_series $h;`
    : `${set} $c = audit_series "${seriesName(index)}" "${MONITORS[monitor]}" "${bits}" ${start} ${end};`;
}

const action = ({ verdict, code }: Limit): string =>
  ({
    reject: `ec_action ${code} "no";`,
    disconnect: 'ec_disconnect 421 "no";',
    tarpit: 'ec_tarpit 5;',
  })[verdict];

/** The script of each phase, by its name: what it adds first, so that its own event counts. */
export function scriptsOf(all: readonly Limit[]): Map<string, string> {
  const scripts = new Map<string, string>();
  const lines = (at: string): string => scripts.get(at) ?? '';
  all.forEach(({ of, monitor }, index) => {
    if (of !== 'series') return;
    const add = `audit_series_add "${seriesName(index)}" "${MONITORS[monitor]}" 2;\n`;
    scripts.set('connect', lines('connect') + add);
  });
  all.forEach((limit, index) => {
    const holds = `ec_test :value "gt" :comparator "i;ascii-numeric" "\${c}" "${limit.above}"`;
    const rule = `${countOf(limit, index)} if ${holds} { ${action(limit)} } # r${index}\n`;
    scripts.set(limit.at, lines(limit.at) + rule);
  });
  return scripts;
}

const luaAction = ({ verdict, code }: Limit): string =>
  ({
    reject: `vctx:set_code(${code}, "no") return DONE`,
    disconnect: 'vctx:disconnect(421, "no") return DONE',
    tarpit: 'vctx:tarpit(5)',
  })[verdict];

/** What hooks are called with behind `self`. */
const HOOKS = {
  connect: 'validate_connect(ac, vctx)',
  ehlo: 'validate_ehlo(str, ac, vctx)',
  mailfrom: 'validate_mailfrom(str, ac, vctx)',
  rcptto: 'validate_rcptto(msg, str, ac, vctx)',
  data: 'validate_data(msg, ac, vctx)',
  spool: 'validate_data_spool(msg, ac, vctx)',
} as const;

function luaCountOf({ of, monitor, windows: [start, end], mask }: Limit, index: number): string {
  const key = mask === undefined ? 'nil' : `"/${mask}"`;
  const span = `startv = ${start}, endv = ${end}`;
  // An address alone needs no mask, whatever its family.
  if (of === 'sessions') {
    return `msys.audit.inbound_session_count(${mask === undefined ? 'ac' : key}, "inbound_cidr")`;
  }
  if (of !== 'series')
    return `msys.audit.${of}("${MONITORS[monitor]}", { ${span}, cidr = ${key} })`;
  const counts = ['', '_six'].map(
    (family) =>
      `msys.audit_series.count("${seriesName(index)}${family}", { ${span}, key = ${key} })`,
  );
  return counts.join(' + ');
}

/** A module with a hook for each phase; a series for each family, as Lua has them. */
export function luaOf(all: readonly Limit[]): string {
  const series = all.flatMap(({ of, monitor }, index) =>
    of === 'series' ? [{ name: seriesName(index), monitor: MONITORS[monitor] }] : [],
  );
  const defines = series.flatMap(({ name, monitor }) => [
    `msys.audit_series.define("${name}", "cidr", ${monitor})`,
    `msys.audit_series.define("${name}_six", "cidr_ipv6", ${monitor})`,
  ]);
  const adds = series.flatMap(({ name }) =>
    ['', '_six'].map(
      (family) => `msys.audit_series.add("${name}${family}", { count = 2, key = ac })`,
    ),
  );
  const hooks = PHASES.map((phase) => {
    const own = all.flatMap((limit, index) => {
      if (limit.at !== phase) return [];
      return [
        `if ${luaCountOf(limit, index)} > ${limit.above} then ${luaAction(limit)} end -- r${index}`,
      ];
    });
    const lines = phase === 'connect' ? [...adds, ...own] : own;
    return `function mod:${HOOKS[phase]}\n${lines.join('\n')}\nreturn msys.core.VALIDATE_CONT\nend\n`;
  });
  return `local mod, DONE = {}, msys.core.VALIDATE_DONE
function mod:init()
${defines.join('\n')}
return true
end
${hooks.join('')}msys.registerModule("limits", mod)
`;
}

/** The places of the rules in a script or module, by name and line: which limit each is. */
export function placesIn(texts: Readonly<Record<string, string>>): Map<string, string> {
  const places = new Map<string, string>();
  for (const [file, text] of Object.entries(texts)) {
    text.split('\n').forEach((line, index) => {
      const name = /(?:#|--) (r\d+)$/.exec(line)?.[1];
      if (name !== undefined) places.set(`${file}:${index + 1}`, name);
    });
  }
  return places;
}
