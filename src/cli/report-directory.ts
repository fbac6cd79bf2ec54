import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import {
  ENFORCE_HEADER,
  enforcedLine,
  FIRINGS_HEADER,
  firingLine,
  KEYS_HEADER,
  keyLines,
  LOG_HEADER,
  loggedLine,
  STOPPED_HEADER,
  stoppedLine,
  windowLine,
  WINDOWS_HEADER,
} from '../report/csv.ts';
import { encodeName, stateName } from '../series/name.ts';
import { encodeSeries } from '../series/writer.ts';
import type { EnforcedWindowRow } from '../simulate/enforce/enforced-windows.ts';
import type { NodeSink } from '../simulate/node-reports.ts';
import type {
  FiringRow,
  LoggedRow,
  ReplaySink,
  StoppedRow,
  TopKey,
  WindowRow,
} from '../simulate/tally.ts';
import { digestOf } from './manifest.ts';
import { JournalNames } from './journal-names.ts';
import { ReportFolder } from './report-folder.ts';

const CSV_FILES = {
  'windows.csv': WINDOWS_HEADER,
  'keys.csv': KEYS_HEADER,
  'firings.csv': FIRINGS_HEADER,
  'stopped.csv': STOPPED_HEADER,
} as const;
/** Only of scripts that log something. */
const LOG_FILE = 'log.csv';
/** Only of a policy in force. */
const ENFORCE_FILE = 'enforce.csv';
/** Folders of nodes, where they are told apart. */
const NODES = 'nodes';
/** The folder of the node without a name. */
const NAMELESS = '@no-name';
/**
 * What reports of any command hold, in the order in which it appears; the manifest last, so that it
 * vouches for the others. A report takes the place of all of it.
 */
export const REPORT_FILES = [
  ...Object.keys(CSV_FILES),
  LOG_FILE,
  ENFORCE_FILE,
  NODES,
  'series',
  'changes.csv',
  'movers.csv',
  'nodes.csv',
  'clients.csv',
  'node-keys.csv',
  'summary.json',
  'manifest.json',
];

/** The longest name that file systems take, and what is left of a longer one before its digest. */
const LONGEST_NAME = 255;
const SHORTENED = 128;

/** No two nodes have one folder: what stands here beside encoded names is in none of them. */
function nodeFolder(name: string): string {
  if (name === '') return NAMELESS;
  const encoded = encodeName(name);
  if (encoded.length <= LONGEST_NAME) return encoded;
  return `${encoded.slice(0, SHORTENED)}~${digestOf([name])}`;
}

/**
 * The folder of a replay's report. Nothing appears before `commit`: a run that fails or is
 * interrupted leaves no half report.
 */
export class ReportDirectory implements ReplaySink {
  readonly window: ReplaySink['window'];
  readonly firing: ReplaySink['firing'];
  readonly stopped: ReplaySink['stopped'];
  readonly #journals = new JournalNames();
  readonly #managerJournals = new JournalNames();
  readonly #folder: ReportFolder;

  /**
   * @param replaces whether an older report may be replaced
   * @throws {UserError} when the folder holds something and may not be replaced
   */
  constructor(directory: string, replaces: boolean) {
    this.#folder = new ReportFolder(directory, replaces);
    const { window, firing, stopped } = this.#beginRows('');
    this.window = window;
    this.firing = firing;
    this.stopped = stopped;
  }

  /** The files of a node, in a folder of their own. */
  readonly node = (name: string): NodeSink => this.#beginRows(`${NODES}/${nodeFolder(name)}/`);

  logged(row: LoggedRow): void {
    if (!this.#folder.has(LOG_FILE)) this.#folder.begin(LOG_FILE, LOG_HEADER);
    this.#folder.write(LOG_FILE, loggedLine(row));
  }

  enforced(row: EnforcedWindowRow): void {
    if (!this.#folder.has(ENFORCE_FILE)) this.#folder.begin(ENFORCE_FILE, ENFORCE_HEADER);
    this.#folder.write(ENFORCE_FILE, enforcedLine(row));
  }

  journal(snapshot: SeriesSnapshot): void {
    this.#journal('log', snapshot);
  }

  managerJournal(snapshot: SeriesSnapshot): void {
    this.#journal('manager', snapshot);
  }

  /** Writes the whole state of a series. */
  state(snapshot: SeriesSnapshot): void {
    this.#series('state', stateName(snapshot.name, snapshot.monitor, false), snapshot);
  }

  /** Makes the report appear. */
  commit(summary: string, manifest: string): void {
    this.#folder.begin('summary.json', summary);
    this.#folder.begin('manifest.json', manifest);
    this.#folder.commit(REPORT_FILES);
  }

  /** Takes everything back that this run has written. */
  discard(): void {
    this.#folder.discard();
  }

  /** @param place of the files below the report: empty, or a folder with its slash */
  #beginRows(place: string): NodeSink {
    const folder = this.#folder;
    for (const [name, header] of Object.entries(CSV_FILES)) folder.begin(place + name, header);
    return {
      window: (row: WindowRow, top: readonly TopKey[]) => {
        folder.write(`${place}windows.csv`, windowLine(row));
        folder.write(`${place}keys.csv`, keyLines(row, top));
      },
      firing: (row: FiringRow) => folder.write(`${place}firings.csv`, firingLine(row)),
      stopped: (row: StoppedRow) => folder.write(`${place}stopped.csv`, stoppedLine(row)),
    };
  }

  #journal(folder: 'log' | 'manager', snapshot: SeriesSnapshot): void {
    const names = folder === 'log' ? this.#journals : this.#managerJournals;
    const folders = ['series', folder];
    const name = names.next(snapshot, this.#folder.written(folders));
    this.#series(folder, name, snapshot);
  }

  #series(folder: 'log' | 'manager' | 'state', name: string, snapshot: SeriesSnapshot): void {
    this.#folder.writeWhole(['series', folder], name, encodeSeries(snapshot));
  }
}
