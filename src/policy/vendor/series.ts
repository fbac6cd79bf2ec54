import { MAX_INTERVAL_S } from '../../model/monitor.ts';
import { REPLICATES } from '../../model/replication.ts';
import { Table } from '../lua/table.ts';
import type { LuaValue } from '../lua/value.ts';
import { COUNTED_BY, MEANINGS, type Meaning } from './meanings.ts';
import { seen, shownKey, type Settings, type SettingsReader } from './settings.ts';
import type { CountedSeries, RuleWriter } from './thresholds.ts';
import type { YamlBlock, YamlLine } from './yaml-blocks.ts';

const SERIES_KEYS = ['type', 'interval', 'buckets', 'thresholds', 'options'];
const OPTION_KEYS = ['persist', 'serialize', 'replicate'];
const TYPES = ['cidr', 'cidr_ipv6', 'string'] as const;
const MAX_BUCKETS = 1_000_000;
/** Names that a policy has taken for its own metrics. */
const TAKEN: ReadonlyMap<string, string> = new Map([['connections', 'dp_connections']]);

/** A series as a policy has it, and the rules on it. */
interface ImportedSeries {
  readonly series: YamlBlock;
  readonly rules: readonly YamlBlock[];
}

/** Writes the series of `audit_series` and the rules of their thresholds. */
export class SeriesWriter {
  readonly #reader: SettingsReader;
  readonly #rules: RuleWriter;

  constructor(reader: SettingsReader, rules: RuleWriter) {
    this.#reader = reader;
    this.#rules = rules;
  }

  /** @param key of `audit_series`, and its value; a series without lines is left out */
  write(key: string | number, value: LuaValue): ImportedSeries {
    const path = ['audit_series', key];
    const name = shownKey(key);
    const { findings } = this.#reader;
    const leftOut = (remark: string): ImportedSeries => ({
      series: { above: [...this.#reader.commentsOf(path), remark], lines: [] },
      rules: [],
    });
    const meaning = MEANINGS.get(name);
    if (meaning === undefined) {
      const hint = 'declare it under series: with the event that adds to it';
      return leftOut(findings.note(path, 'series-left-out', [name], hint));
    }
    const where = `series '${name}'`;
    if (!(value instanceof Table)) {
      return leftOut(findings.note(path, 'value-wrong', [where, 'a table', seen(value), 'it']));
    }
    const settings: Settings = { table: value, path, where, remarks: [] };
    this.#reader.unknown(settings, SERIES_KEYS);
    const counted = this.#counted(settings, name, meaning);
    const interval = this.#reader.whole(settings, 'interval', [1, MAX_INTERVAL_S]);
    const options = this.#options(settings);
    if (counted === undefined || interval === undefined) {
      const { remarks } = settings;
      return {
        series: { above: [...this.#reader.commentsOf(path), ...remarks], lines: [] },
        rules: [],
      };
    }
    const rules = this.#thresholds(settings, counted);
    const lines = this.#lines(settings, counted, interval, options);
    return { series: { above: this.#above(settings), lines }, rules };
  }

  #counted(settings: Settings, name: string, meaning: Meaning): CountedSeries | undefined {
    const { table, path, where, remarks } = settings;
    const given = table.get('type');
    const type = TYPES.find((known) => known === given);
    const buckets = this.#reader.whole(settings, 'buckets', [1, MAX_BUCKETS]);
    const { findings } = this.#reader;
    if (type === undefined) {
      const words = ["'type'", `one of ${TYPES.join(', ')}`, where] as const;
      return this.#reader.wrong(settings, [...path, 'type'], words, given);
    }
    if ((type === 'string') !== (meaning.key !== 'ip')) {
      const details = [name, type, COUNTED_BY[meaning.key]] as const;
      remarks.push(findings.note([...path, 'type'], 'type-differs', [...details]));
      return undefined;
    }
    const counted = TAKEN.get(name) ?? name;
    return buckets === undefined ? undefined : { name, counted, meaning, type, buckets };
  }

  #options(outer: Settings): YamlLine[] {
    const value = outer.table.get('options');
    const path = [...outer.path, 'options'];
    if (!(value instanceof Table)) {
      if (value !== undefined) {
        this.#reader.wrong(outer, path, ["'options'", 'a table', 'it'], value);
      }
      return [];
    }
    const where = `the options of ${outer.where}`;
    const settings: Settings = { table: value, path, where, remarks: outer.remarks };
    this.#reader.unknown(settings, OPTION_KEYS);
    const lines = ['persist', 'serialize'].flatMap((key) =>
      this.#reader.isOn(settings, key) ? [this.#reader.line(settings, `${key}: true`, [key])] : [],
    );
    const given = value.get('replicate');
    const replicate = REPLICATES.find((known) => known === (given ?? 'none'));
    if (replicate === undefined) {
      const words = ["'replicate'", `one of ${REPLICATES.join(', ')}`, 'it'] as const;
      this.#reader.wrong(outer, [...path, 'replicate'], words, given);
    } else if (replicate !== 'none') {
      lines.push(this.#reader.line(settings, `replicate: ${replicate}`, ['replicate']));
    }
    return lines;
  }

  #thresholds(settings: Settings, series: CountedSeries): YamlBlock[] {
    const list = settings.table.get('thresholds');
    const path = [...settings.path, 'thresholds'];
    const nameOf = (key: string | number): string =>
      `threshold ${shownKey(key)} of ${settings.where}`;
    const rules: YamlBlock[] = [];
    for (const threshold of this.#reader.items(settings, list, path, nameOf)) {
      rules.push(this.#rules.threshold(threshold, series));
    }
    return rules;
  }

  #lines(
    settings: Settings,
    { type, counted, buckets, meaning }: CountedSeries,
    interval: number,
    options: readonly YamlLine[],
  ): YamlLine[] {
    const reader = this.#reader;
    return [
      reader.line(settings, `${counted}:`),
      reader.line(settings, `type: ${type}`, ['type']),
      reader.line(settings, `monitor: '${interval},${buckets}'`, ['interval', 'buckets']),
      reader.line(settings, `on: ${meaning.on}`, [], [meaning.moment]),
      ...(meaning.where === undefined ? [] : [reader.line(settings, `where: ${meaning.where}`)]),
      ...(meaning.key === 'ip' ? [] : [reader.line(settings, `key: ${meaning.key}`)]),
      ...options,
    ];
  }

  /** Comments that belong to no single line, and what was left out. */
  #above({ path, remarks }: Settings): string[] {
    const inner = ['options', 'thresholds'].map((key) => this.#reader.commentsOf([...path, key]));
    return [...this.#reader.commentsOf(path), ...inner.flat(), ...remarks];
  }
}
