import { Closure } from '../closure.ts';
import { isTrue, type Runtime } from '../runtime.ts';
import { Table } from '../table.ts';
import { NativeFunction, type LuaValue } from '../value.ts';
import type { LoadText } from './basics.ts';
import type { BaseArguments } from './arguments.ts';
import { fill, nativeOf } from './fill.ts';

/** The text of a module, as bytes, and the name of its file for messages. */
export interface ModuleText {
  readonly text: string;
  readonly file: string;
}
/** Finds a module by the name that `require` got; undefined when there is none. */
export type ReadModule = (name: string) => ModuleText | undefined;

/** Fills `require`, `module` and the table `package`. */
export function openModules(
  runtime: Runtime,
  globals: Table,
  load: LoadText,
  readModule: ReadModule,
): void {
  const loaded = runtime.newTable();
  const preload = runtime.newTable();
  const library = runtime.newTable();
  library.set('loaded', loaded);
  library.set('preload', preload);
  library.set('path', '');
  library.set('cpath', '');
  library.set('config', '/\n;\n?\n!\n-');
  library.set('seeall', nativeOf(runtime, 'seeall', seeAll));
  globals.set('package', library);
  /** Stands in `loaded` while a module runs. */
  const running = runtime.newTable();
  fill(runtime, globals, {
    require: (given) => {
      const name = given.text(1);
      const known = loaded.get(name);
      if (known === running) {
        return runtime.fail(`loop or previous error loading module '${name}'`);
      }
      if (isTrue(known)) return known;
      const loader = loaderOf(given, preload, load, readModule, name);
      loaded.set(name, running);
      const [value] = runtime.call(loader, [name]);
      if (value !== undefined) loaded.set(name, value);
      else if (loaded.get(name) === running) loaded.set(name, true);
      return loaded.get(name);
    },
    module: (given) => {
      openModule(given, globals, loaded);
      return [];
    },
  });
}

function loaderOf(
  given: BaseArguments,
  preload: Table,
  load: LoadText,
  readModule: ReadModule,
  name: string,
): LuaValue {
  const prepared = preload.get(name);
  if (prepared !== undefined) return prepared;
  const { runtime } = given;
  const found = readModule(name);
  if (found === undefined) return runtime.fail(`module '${name}' not found`);
  runtime.spend(found.text.length);
  const loaded = load(found.text, `@${found.file}`);
  if (typeof loaded !== 'string') return loaded;
  return runtime.fail(`error loading module '${name}' from file '${found.file}':\n\t${loaded}`);
}

/** `module(name, …)`: the globals of the calling function become those of the module. */
function openModule(given: BaseArguments, globals: Table, loaded: Table): void {
  const { runtime } = given;
  const name = given.text(1);
  let found = loaded.get(name);
  if (!(found instanceof Table)) {
    found = tableAt(runtime, globals, name);
    if (found === undefined) return runtime.fail(`name conflict for module '${name}'`);
    loaded.set(name, found);
  }
  const module = found as Table;
  if (module.get('_NAME') === undefined) {
    module.set('_M', module);
    module.set('_NAME', name);
    module.set('_PACKAGE', name.slice(0, name.lastIndexOf('.') + 1));
  }
  const caller = runtime.frameAt(1)?.callee;
  if (!(caller instanceof Closure)) return runtime.fail("'module' not called from a Lua function");
  caller.environment = module;
  for (const option of given.list.slice(1)) {
    if (option instanceof NativeFunction || option instanceof Closure) {
      runtime.call(option, [module]);
    }
  }
}

/** The table at a dotted name, made where it is missing; undefined when something else is there. */
function tableAt(runtime: Runtime, globals: Table, name: string): Table | undefined {
  let table = globals;
  for (const part of name.split('.')) {
    let inner = table.get(part);
    if (inner === undefined) {
      inner = runtime.newTable();
      table.set(part, inner);
    }
    if (!(inner instanceof Table)) return undefined;
    table = inner;
  }
  return table;
}

function seeAll(given: BaseArguments): readonly LuaValue[] {
  const module = given.table(1);
  const metatable = module.metatable ?? given.runtime.newTable();
  module.metatable = metatable;
  metatable.set('__index', given.runtime.globals);
  return [];
}
