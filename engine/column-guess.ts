import type { ValueType } from '../core/datapoints.ts';

const integer = /^\s*[+-]?\d+\s*$/;
const float = /^\s*[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf(inity)?)\s*$/i;
const boolean = /^(True|TRUE|true|False|FALSE|false)$/;

/**
 * What a column of texts holds, as pandas' `read_csv` has it, so that a file means the same whether the client or the engine reads it:
 * whole numbers with gaps are FLOAT, and a column of several kinds is STRING.
 */
export class ColumnGuess {
  private readonly kinds = new Set<'INTEGER' | 'FLOAT' | 'BOOLEAN' | 'STRING'>();
  private gaps = false;

  add(text: string | null): void {
    if (text === null) this.gaps = true;
    else if (integer.test(text)) this.kinds.add('INTEGER');
    else if (float.test(text)) this.kinds.add('FLOAT');
    else this.kinds.add(boolean.test(text) ? 'BOOLEAN' : 'STRING');
  }

  /** Null while the column is empty. */
  get valueType(): ValueType | null {
    const [first, ...others] = this.kinds;
    if (first === undefined) return null;
    if (this.kinds.has('STRING') || (this.kinds.has('BOOLEAN') && others.length > 0)) return 'STRING';
    return first === 'BOOLEAN' ? first : others.length > 0 || this.gaps ? 'FLOAT' : first;
  }
}
