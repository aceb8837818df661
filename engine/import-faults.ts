import { EngineError } from './engine-error.ts';

export interface ImportFault {
  /** Counted from 1; the line of the columns' names does not count. */
  readonly row: number;
  /** Null for the path's. */
  readonly column: string | null;
  readonly message: string;
}

const mostFaults = 20;

/** What is wrong with a file's rows, up to the first twenty: nothing of the file was stored. */
export class ImportFaults extends EngineError {
  override name = 'ImportFaults';
  readonly faults: ImportFault[] = [];
  private readonly file: string;
  constructor(file: string) {
    super('');
    this.file = file;
  }

  /** Runs what may refuse a cell, in words that begin with the cell's place, and keeps the refusal. */
  collect(row: number, column: string, read: (place: string) => void): void {
    try {
      read(`${this.file}, row ${row}, column "${column}"`);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.keep({ row, column, message: error.message });
    }
  }

  addPath(row: number, problem: string): void {
    this.keep({ row, column: null, message: `${this.file}, row ${row}: ${problem}.` });
  }

  /** @throws itself when something is wrong. */
  throwIfAny(): void {
    if (this.faults.length === 0) return;
    this.message = this.faults.map(({ message }) => message).join('\n');
    throw this;
  }

  private keep(fault: ImportFault): void {
    this.faults.push(fault);
    if (this.faults.length >= mostFaults) this.throwIfAny();
  }
}
