import type { Coverage } from '../coverage.ts';
import type { ScriptPlace, ScriptWorld } from '../script-policy.ts';
import { ScriptFailure, type Run } from './run.ts';
import type { Value } from './value.ts';

/** An argument, or a command's result, when the script runs. Undefined: not set, or no result. */
export type Getter = (run: Run) => Value | undefined;
/** A test when the script runs. */
export type Check = (run: Run) => boolean;

/** An argument of a command. */
export interface BoundArgument {
  readonly get: Getter;
  /** What it always is; undefined when only the run tells. */
  readonly literal: Value | undefined;
}

/** A command or test at its place, with its arguments ready to be asked. */
export interface Site extends ScriptPlace {
  /** In small letters. */
  readonly name: string;
  /** The script's file as it was opened, where relative names begin. */
  readonly file: string;
  /** Whether the result is assigned. */
  readonly isAssigned: boolean;
  /** Those that are no tags, in order. */
  readonly positional: readonly BoundArgument[];
  /** By name in small letters; a tag without a value has none. */
  readonly tags: ReadonlyMap<string, BoundArgument | undefined>;
}

/** What commands are bound to. */
export interface Binding {
  readonly world: ScriptWorld;
  /** Files that scripts read: lists of networks, DNS answers. */
  readonly files: ScriptFiles;
  /** How `ec_ip_connections` and its kin weigh window 0: in full, or by its elapsed share. */
  readonly sliding: 'rate' | 'average';
  /** Marks the commands and branches that are reached; undefined: nobody asks. */
  readonly coverage?: Coverage | undefined;
  /** The one object of a class that all scripts of the policy share, such as their throttles. */
  shared<Kind>(made: new () => Kind): Kind;
  /** Runs another script with the variables of this one. */
  include(run: Run, site: Site, name: string): void;
}

/** The disk as scripts may see it; `cli` fills it. */
export interface ScriptFiles {
  /**
   * A script or list that a script names.
   *
   * @param fromScript the script's file, where relative names begin
   * @throws Error whose message says why it cannot be read
   */
  read(name: string, fromScript: string): { readonly file: string; readonly text: string };
  /** Answers of DNS: `name type value`, one to a line; undefined: none are given. */
  readonly dnsFixture: { readonly file: string; readonly text: string } | undefined;
}

/** Binds a command to its arguments, once; what comes back runs at each event. */
export type CommandBinder = (site: Site, binding: Binding) => Getter;
export type TestBinder = (site: Site, binding: Binding) => Check;

/** The commands and tests of one file of `commands`, by name in small letters. */
export interface CommandSet {
  readonly commands?: Readonly<Record<string, CommandBinder>>;
  readonly tests?: Readonly<Record<string, TestBinder>>;
}

/** Characters of a text and items of a list: a script that doubles one again and again must end. */
const MAX_SIZE = 1_000_000;

/**
 * A text or a list, unless it is too long.
 *
 * @throws {ScriptFailure} when it is
 */
export function bounded<Kind extends { readonly length: number }>(
  site: ScriptPlace,
  value: Kind,
): Kind {
  if (value.length > MAX_SIZE) fail(site, `a value is longer than ${MAX_SIZE}`);
  return value;
}

/** A runtime error at a place. */
export function fail(site: ScriptPlace, message: string): never {
  throw new ScriptFailure(site, message);
}
