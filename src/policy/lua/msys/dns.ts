import { isTrue } from '../runtime.ts';
import { DNS_TYPES, nameOf, readDnsAnswers, typeOf } from '../../momentum/dns-fixture.ts';
import { bytesOf, textOf } from '../bytes.ts';
import type { LibraryFunction } from '../library/arguments.ts';
import type { LuaTable, LuaValue } from '../value.ts';
import { tell, type MsysWorld } from './world.ts';

/**
 * `msys.dnsLookup(name[, type[, options]])` answers from the fixture: a list, or nil and why.
 *
 * @throws {UserError} with the lines of the fixture that are wrong
 */
export function dnsLookup(msys: MsysWorld): LibraryFunction {
  const { files, host } = msys;
  const answers = files.dnsFixture && readDnsAnswers(files.dnsFixture);
  return (_, given) => {
    const name = nameOf(textOf(given.text(1)));
    const asked = given.isMissing(2) ? 'a' : textOf(given.text(2));
    const type = typeOf(asked);
    if (type === undefined) {
      return host.fail(`unknown type of record '${asked}'; there are ${DNS_TYPES.join(', ')}`);
    }
    if (answers === undefined) {
      tell(msys, 'not-simulated', 'msys.dnsLookup without a file of DNS answers');
      return [undefined, 'NXDOMAIN'];
    }
    const types = answers.get(name);
    if (types === undefined) return [undefined, 'NXDOMAIN'];
    const values = (types.get(type) ?? []).map(bytesOf);
    if (type !== 'mx' || given.isMissing(3) || !isTrue(given.table(3).get('priority'))) {
      return [listOf(msys, values)];
    }
    tell(msys, 'doubt', 'priorities of mx records are not kept: all are 0');
    return [
      listOf(
        msys,
        values.map((value) => listOf(msys, [0, value])),
      ),
    ];
  };
}

export function listOf({ host }: MsysWorld, values: readonly LuaValue[]): LuaTable {
  const table = host.newTable();
  for (const [at, value] of values.entries()) table.set(at + 1, value);
  return table;
}
