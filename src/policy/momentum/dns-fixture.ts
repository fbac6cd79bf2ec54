import { parseNetwork } from '../../model/address.ts';
import { formatDiagnostic, type Diagnostic } from '../../model/diagnostic.ts';
import { UserError } from '../../model/errors.ts';

export const DNS_TYPES = ['a', 'aaaa', 'mx', 'ns', 'ptr', 'txt'] as const;
export type DnsType = (typeof DNS_TYPES)[number];

/** Answers by name in small letters without its last dot, then by type, in the order of the file. */
export type DnsAnswers = ReadonlyMap<string, ReadonlyMap<DnsType, readonly string[]>>;

const WORDS = {
  'dns-line': () => 'a line is: name type value',
  'dns-type': (type: string) => `unknown type '${type}', expected ${DNS_TYPES.join(', ')}`,
  'dns-value': (type: string, value: string) => `'${value}' is no value of type ${type}`,
} as const;

/** Bad lines that are shown; a file of another kind has thousands. */
const MAX_BAD_LINES = 20;

const LINE = /^(\S+)(?:\s+(\S+)(?:\s+(\S.*))?)?$/;
const MX = /^(\d{1,5})\s+(\S+)$/;

/**
 * Reads `name type value`, one answer a line; empty lines and those that begin with `#` are passed
 * over. The value of `mx` is `priority host` and is kept as the host, the smallest priority first.
 *
 * @param file its name, for the diagnostics: one error for each line that is wrong, at most 20
 */
export function parseDnsFixture(
  text: string,
  file: string,
): { readonly answers: DnsAnswers; readonly diagnostics: readonly Diagnostic[] } {
  const records: { name: string; type: DnsType; value: string }[] = [];
  const diagnostics: Diagnostic[] = [];
  let lineStart = 0;
  for (const raw of text.split('\n')) {
    const line = raw.replace(/^\uFEFF/, '').trim();
    const start = lineStart + raw.indexOf(line);
    lineStart += raw.length + 1;
    if (line === '' || line.startsWith('#')) continue;
    const add = (code: keyof typeof WORDS, message: string): void => {
      diagnostics.push({ severity: 'error', code, message, file, start, end: start + line.length });
    };
    const [, name, typeText, value] = LINE.exec(line) ?? [];
    const type = typeOf(typeText ?? '');
    if (value === undefined) add('dns-line', WORDS['dns-line']());
    else if (type === undefined) add('dns-type', WORDS['dns-type'](typeText));
    else if (!fits(type, value)) add('dns-value', WORDS['dns-value'](type, value));
    else records.push({ name: nameOf(name), type, value });
  }
  const unsaid = diagnostics.length - MAX_BAD_LINES;
  const hint = `${unsaid} more lines of this file cannot be read`;
  const shown = diagnostics.slice(0, MAX_BAD_LINES).map((one, index) => {
    return unsaid > 0 && index === MAX_BAD_LINES - 1 ? { ...one, hint } : one;
  });
  return { answers: gathered(records), diagnostics: shown };
}

/** @throws {UserError} with the lines that are wrong, each where it stands */
export function readDnsAnswers({
  text,
  file,
}: {
  readonly text: string;
  readonly file: string;
}): DnsAnswers {
  const { answers, diagnostics } = parseDnsFixture(text, file);
  if (diagnostics.length === 0) return answers;
  const shown = diagnostics.map((one) => formatDiagnostic(one, text));
  throw new UserError(shown.join('\n\n'), undefined, diagnostics);
}

/** As names are compared: in small letters, without the last dot. */
export function nameOf(text: string): string {
  return text.trim().toLowerCase().replace(/\.$/, '');
}

/** Undefined for a type that scripts cannot ask. */
export function typeOf(text: string): DnsType | undefined {
  const folded = text.trim().toLowerCase();
  return DNS_TYPES.find((type) => type === folded);
}

function fits(type: DnsType, value: string): boolean {
  if (type === 'txt') return true;
  if (type === 'mx') return MX.test(value);
  if (type === 'a' || type === 'aaaa') {
    const network = value.includes('/') ? undefined : parseNetwork(value);
    return network !== undefined && (type === 'aaaa') === value.includes(':');
  }
  return !/\s/.test(value);
}

function gathered(records: readonly { name: string; type: DnsType; value: string }[]): DnsAnswers {
  const answers = new Map<string, Map<DnsType, string[]>>();
  const priority = ({ value }: { value: string }): number => Number(MX.exec(value)?.[1] ?? 0);
  const mx = records.filter(({ type }) => type === 'mx').sort((a, b) => priority(a) - priority(b));
  for (const { name, type, value } of [...records.filter((one) => one.type !== 'mx'), ...mx]) {
    let types = answers.get(name);
    if (types === undefined) answers.set(name, (types = new Map<DnsType, string[]>()));
    const values = types.get(type);
    const shown = shownValue(type, value);
    if (values === undefined) types.set(type, [shown]);
    else values.push(shown);
  }
  return answers;
}

function shownValue(type: DnsType, value: string): string {
  if (type === 'mx') return MX.exec(value)?.[2] ?? value;
  if (type !== 'txt') return value;
  return /^"(.*)"$/s.exec(value)?.[1] ?? value;
}
