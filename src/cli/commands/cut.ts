import { parseNetwork, type Network } from '../../model/address.ts';
import { UserError } from '../../model/errors.ts';
import { cutJson, cutTable, type CutReport } from '../../report/cut-table.ts';
import { CutRun } from '../cut-run.ts';
import { keyOption, type KeyFlags } from '../cut-key.ts';
import { durationOption, fromToOptions, type LogOptions } from '../input-options.ts';
import { isLuaFile } from '../lua-modules.ts';
import { isScriptFile } from '../policy-file.ts';
import type { CommandContext } from '../program.ts';
import { jsonText } from '../replay-logs.ts';
import { loadRunPolicy, type RunPolicy } from '../run-policy.ts';
import { VERSION } from '../version.ts';

interface CutFlags extends LogOptions, KeyFlags {
  readonly ip?: readonly string[];
  readonly policy?: string;
  readonly firing?: number;
  readonly around?: string;
  readonly from?: string;
  readonly to?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly format?: 'table' | 'json';
}

const WHOSE = '--ip 192.0.2.0/24, or --policy policy.yaml --firing 3';

/** `hindcast cut` */
export async function runCut(
  logs: readonly string[],
  flags: CutFlags,
  context: CommandContext,
): Promise<void> {
  const { stdio } = context;
  const { ip, firing, around, out, force } = flags;
  if (out === undefined) throw new UserError('cut needs --out: where to?', '--out fixture.log');
  if (logs.includes('-')) {
    throw new UserError('cut reads the logs several times, which standard input cannot do');
  }
  const networks = (ip ?? []).map(blockOption);
  refuseUnclear(flags);
  const key = keyOption(flags);
  const policy = flags.policy === undefined ? undefined : loadRules(flags.policy);
  const run = new CutRun({
    logs,
    options: flags,
    ...fromToOptions(flags),
    networks,
    firing,
    aroundMs: durationOption('--around', around),
    policy: policy?.policy,
    key,
    out,
    force: force === true,
    context,
  });
  const cut = await run.cut();
  for (const warning of policy?.warnings ?? []) stdio.err(`${warning}\n`);
  const report: CutReport = { version: VERSION, ...cut };
  stdio.out(flags.format === 'json' ? jsonText(cutJson(report)) : cutTable(report));
  if (cut.readWith !== '') stdio.err(`hindcast: read it with ${cut.readWith}\n`);
  if (key === undefined || flags.key !== undefined || flags.keyText !== undefined) return;
  stdio.err(
    'hindcast: the key was made for this cut and is gone; with --key the same names come again\n',
  );
}

function refuseUnclear({ ip, policy, firing, around }: CutFlags): void {
  if (firing === undefined) {
    if (ip === undefined) throw new UserError('cut needs --ip or --firing: whose lines?', WHOSE);
  } else if (ip !== undefined) {
    throw new UserError('--ip does not go with --firing, which names the block', WHOSE);
  }
  if (policy !== undefined) return;
  const lone = firing === undefined ? (around === undefined ? undefined : '--around') : '--firing';
  if (lone === undefined) return;
  throw new UserError(
    `${lone} needs --policy: whose firings?`,
    'a span of time is --from and --to',
  );
}

function loadRules(file: string): RunPolicy {
  const why = isScriptFile(file) || isLuaFile(file) ? 'is a script' : undefined;
  const run = why === undefined ? loadRunPolicy(file, {}) : undefined;
  if (run !== undefined && run.policy.rules.length > 0) return run;
  throw new UserError(
    `cut compares the firings of a YAML policy, and ${file} ${why ?? 'has no rules'}`,
    'without --policy the events of the cut are compared',
  );
}

function blockOption(text: string): Network {
  const network = parseNetwork(text);
  if (network !== undefined) return network;
  throw new UserError(
    `--ip ${text}: neither an address nor a network`,
    '--ip 192.0.2.7, --ip 192.0.2.0/24, --ip 2001:db8::/32',
  );
}
