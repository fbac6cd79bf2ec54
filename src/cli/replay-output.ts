import type { SeriesSnapshot } from '../model/series-snapshot.ts';
import type { ReplaySink } from '../simulate/tally.ts';
import { JournalDirectory } from './journal-directory.ts';
import { ReportDirectory } from './report-directory.ts';

interface OutputOptions {
  readonly out?: string | undefined;
  readonly journal?: string | undefined;
  readonly force?: boolean | undefined;
}

/** Everything that a run writes but its state: the report and, where they go apart, the journals. */
export class ReplayOutput {
  /** Undefined: nothing is written. */
  readonly sink: ReplaySink | undefined;
  readonly #report: ReportDirectory | undefined;
  readonly #journals: JournalDirectory | undefined;
  readonly #replaces: boolean;

  /** @throws {UserError} when a folder cannot be used */
  constructor({ out, journal, force }: OutputOptions) {
    this.#replaces = force === true;
    this.#report = out === undefined ? undefined : new ReportDirectory(out, this.#replaces);
    try {
      this.#journals = journal === undefined ? undefined : new JournalDirectory(journal);
    } catch (error) {
      this.#report?.discard();
      throw error;
    }
    this.sink = sinkOf(this.#report, this.#journals);
  }

  /** Makes everything appear. */
  commit(persisted: readonly SeriesSnapshot[], summary: string, manifest: string): void {
    this.#journals?.commit(this.#replaces);
    for (const snapshot of persisted) this.#report?.state(snapshot);
    this.#report?.commit(summary, manifest);
  }

  /** Takes everything back that has not appeared. */
  discard(): void {
    this.#journals?.discard();
    this.#report?.discard();
  }
}

function sinkOf(
  report: ReportDirectory | undefined,
  journals: JournalDirectory | undefined,
): ReplaySink | undefined {
  if (journals === undefined) return report;
  return {
    window: (row, top) => report?.window(row, top),
    firing: (row) => report?.firing(row),
    stopped: (row) => report?.stopped(row),
    journal: (snapshot) => journals.journal(snapshot),
    managerJournal: (snapshot) => report?.managerJournal(snapshot),
    logged: (row) => report?.logged(row),
    enforced: (row) => report?.enforced(row),
  };
}
