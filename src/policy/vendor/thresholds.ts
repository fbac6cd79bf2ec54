import { SERVICES } from '../../model/event.ts';
import type { LuaValue } from '../lua/value.ts';
import { textOf } from '../lua/bytes.ts';
import type { Meaning } from './meanings.ts';
import { numberOf, type Settings, type SettingsReader } from './settings.ts';
import type { Whitelists } from './whitelists.ts';
import type { YamlBlock, YamlLine } from './yaml-blocks.ts';

const THRESHOLD_KEYS = ['check', 'key', 'startv', 'endv', 'threshold', 'honor_whitelist'];
const LIMIT_KEYS = ['check', 'mask', 'limit', 'service', 'honor_whitelist'];
const MAX_WINDOW = 1_000_000;

/** The series whose thresholds become rules. */
export interface CountedSeries {
  /** In the data file. */
  readonly name: string;
  /** In the policy. */
  readonly counted: string;
  readonly meaning: Meaning;
  readonly type: 'cidr' | 'cidr_ipv6' | 'string';
  readonly buckets: number;
}

/** Writes thresholds and limits as rules. */
export class RuleWriter {
  readonly #reader: SettingsReader;
  readonly #whitelists: Whitelists;
  readonly #names = new Map<string, number>();

  constructor(reader: SettingsReader, whitelists: Whitelists) {
    this.#reader = reader;
    this.#whitelists = whitelists;
  }

  /** The rule of a threshold; without lines where it is left out. */
  threshold(settings: Settings, series: CountedSeries): YamlBlock {
    const { meaning, type, counted } = series;
    this.#reader.unknown(
      settings,
      THRESHOLD_KEYS.filter((key) => key !== 'key' || type !== 'string'),
    );
    if (!this.#switchedOn(settings)) return this.#block(settings, []);
    const width = type === 'cidr' ? 32 : 128;
    const bits = type === 'string' ? width : this.#bits(settings, 'key', width);
    const windows = this.#windows(settings, series.buckets - 1);
    const above = this.#above(settings, 'threshold');
    if (bits === undefined || windows === undefined || above === undefined) {
      return this.#block(settings, []);
    }
    const family = type === 'cidr' ? 'ipv4' : 'ipv6';
    const name = this.#nameOf(type === 'string' ? series.name : `${series.name}-${bits}`);
    return this.#block(settings, [
      this.#reader.line(settings, `name: ${name}`),
      this.#reader.line(settings, `count: ${counted}`),
      this.#reader.line(settings, `windows: ${windows}`, ['startv', 'endv']),
      ...(type === 'string'
        ? []
        : [this.#reader.line(settings, `per: { ${family}: ${bits} }`, ['key'])]),
      this.#reader.line(settings, `above: ${above}`, ['threshold']),
      ...this.#except(settings),
      ...(meaning.at === undefined ? [] : [this.#reader.line(settings, `at: ${meaning.at}`)]),
      this.#reader.line(settings, 'scope: node'),
      this.#reader.line(settings, `then: ${meaning.verdict}`),
    ]);
  }

  /** The rule of a limit on open connections; without lines where it is left out. */
  limit(settings: Settings): YamlBlock {
    this.#reader.unknown(settings, LIMIT_KEYS);
    if (!this.#switchedOn(settings)) return this.#block(settings, []);
    const bits = this.#bits(settings, 'mask', 128);
    const above = this.#above(settings, 'limit');
    const service = this.#service(settings);
    if (bits === undefined || above === undefined || service === undefined) {
      return this.#block(settings, []);
    }
    const blocks = `per: { ipv4: ${Math.min(bits, 32)}, ipv6: ${prefixOfIpv6(bits)} }`;
    const notes = bits > 0 && bits < 32 ? ['a mask of IPv4; /64 is one site of IPv6'] : [];
    return this.#block(settings, [
      this.#reader.line(settings, `name: ${this.#nameOf(`sessions-${bits}`)}`),
      this.#reader.line(settings, 'count: sessions'),
      ...(service === 'SMTP'
        ? []
        : [this.#reader.line(settings, `service: ${service}`, ['service'])]),
      this.#reader.line(settings, blocks, ['mask'], notes),
      this.#reader.line(settings, `above: ${above}`, ['limit']),
      ...this.#except(settings),
      this.#reader.line(settings, 'scope: node'),
      this.#reader.line(settings, "then: { disconnect: '421 4.7.0 too many open connections' }"),
    ]);
  }

  #block({ path, remarks }: Settings, lines: readonly YamlLine[]): YamlBlock {
    const reader = this.#reader;
    const comments = [...reader.commentsOf(path), ...reader.commentsOf([...path, 'check'])];
    return { above: [...comments, ...remarks], lines };
  }

  #except(settings: Settings): YamlLine[] {
    const except = this.#whitelists.except(settings);
    return except === undefined
      ? []
      : [this.#reader.line(settings, `except: ${except}`, ['honor_whitelist'])];
  }

  #switchedOn(settings: Settings): boolean {
    const { table, path, where, remarks } = settings;
    const { findings } = this.#reader;
    const check = table.get('check');
    if (check === undefined) {
      const hint = 'write check = true or check = false';
      remarks.push(findings.note(path, 'check-missing', [where], hint));
    }
    if (check !== false) return true;
    remarks.push(findings.note([...path, 'check'], 'switched-off', [where]));
    return false;
  }

  /** The prefix length of `"/24"`; all bits where the key is not set. */
  #bits(settings: Settings, key: string, width: number): number | undefined {
    const value = settings.table.get(key);
    if (value === undefined) return width === 128 && key === 'mask' ? 32 : width;
    const match = typeof value === 'string' ? /^\/(\d{1,3})$/.exec(textOf(value)) : null;
    if (match !== null && Number(match[1]) <= width) return Number(match[1]);
    return this.#wrong(settings, key, `a mask "/0".."/${width}"`, value);
  }

  #windows(settings: Settings, last: number): string | undefined {
    const start = this.#reader.whole(settings, 'startv', [0, last], 0);
    const end = this.#reader.whole(settings, 'endv', [start ?? 0, MAX_WINDOW], 0);
    if (start === undefined || end === undefined) return undefined;
    if (end < start) return this.#wrong(settings, 'endv', `a whole number ${start}..`, end);
    if (end > last) {
      const { path, where, remarks } = settings;
      const details: [string, string, string] = [where, String(end), String(last)];
      remarks.push(this.#reader.findings.note([...path, 'endv'], 'windows-cut', details));
    }
    const kept = Math.min(end, last);
    return kept === start ? String(start) : `${start}..${kept}`;
  }

  /** Counts are whole, so that only the whole part of a limit matters. */
  #above(settings: Settings, key: string): number | undefined {
    const value = settings.table.get(key);
    const number = numberOf(value);
    if (number === undefined || !(number >= 0)) {
      return this.#wrong(settings, key, 'a number from 0', value);
    }
    if (Number.isSafeInteger(Math.floor(number))) return Math.floor(number);
    const { path, where, remarks } = settings;
    remarks.push(this.#reader.findings.note([...path, key], 'never-exceeded', [where]));
    return undefined;
  }

  #service(settings: Settings): string | undefined {
    const value = settings.table.get('service');
    if (value === undefined) return 'SMTP';
    const service = SERVICES.find((name) => name === value);
    if (service !== undefined) return service;
    return this.#wrong(settings, 'service', `one of ${SERVICES.join(', ')}`, value);
  }

  #wrong(settings: Settings, key: string, expected: string, value: LuaValue): undefined {
    const words = [`'${key}'`, expected, settings.where] as const;
    return this.#reader.wrong(settings, [...settings.path, key], words, value);
  }

  #nameOf(name: string): string {
    const taken = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, taken);
    return taken === 1 ? name : `${name}.${taken}`;
  }
}

/** How much of an IPv6 address is as much as a mask of IPv4: all, a customer, one of the two. */
function prefixOfIpv6(bits: number): number {
  if (bits === 0 || bits > 32) return bits;
  return bits === 32 ? 128 : 64;
}
