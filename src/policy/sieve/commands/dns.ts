import { nameOf, readDnsAnswers, typeOf, type DnsAnswers } from '../../momentum/dns-fixture.ts';
import { fail, type CommandBinder, type CommandSet, type ScriptFiles } from '../site.ts';
import { textOf } from '../value.ts';

/** Where scripts find out how the last lookup ended; not set when it found the name. */
const STATUS = 'dns_status';

/** The answers of the policy's fixture, read once. */
class Fixture {
  #answers: DnsAnswers | undefined;

  /** @throws {UserError} with the lines that are wrong, each where it stands */
  answers(file: NonNullable<ScriptFiles['dnsFixture']>): DnsAnswers {
    return (this.#answers ??= readDnsAnswers(file));
  }
}

/** `ec_dns_lookup name type [server]`: a list, of one empty string where nothing is found. */
const lookup: CommandBinder = (site, binding) => {
  const { dnsFixture } = binding.files;
  const answers = dnsFixture && binding.shared(Fixture).answers(dnsFixture);
  const [name, type] = site.positional;
  return (run) => {
    const asked = typeOf(textOf(type?.get(run)));
    if (asked === undefined) fail(site, `${site.name}: unknown type of record`);
    const { context } = run.event.session;
    context.delete(STATUS);
    if (answers === undefined) {
      run.world.note(site, 'not-simulated', `${site.name} without a file of DNS answers`);
      return [''];
    }
    const types = answers.get(nameOf(textOf(name?.get(run))));
    if (types === undefined) context.set(STATUS, 'NXDOMAIN');
    return types?.get(asked) ?? [''];
  };
};

export const DNS: CommandSet = { commands: { ec_dns_lookup: lookup } };
