import type { ValueType } from '../core/datapoints.ts';
import type { SqlValue } from './database.ts';
import { EngineError } from './engine-error.ts';

export const maxStringLength = 512;

/** A value's text, as the protocol sends it, as the typed value that SQLite compares and orders. BLOBs are hashes here. */
export function parseValue(text: string, valueType: ValueType, what: string): string | number {
  switch (valueType) {
    case 'STRING':
      return text;
    case 'BLOB':
      return text;
    case 'BOOLEAN':
      return parseBoolean(text, what);
    case 'INTEGER':
    case 'DATETIME':
      return parseInteger(text, valueType, what);
    case 'FLOAT':
      return parseFloatText(text, what);
  }
}

/** A stored value as the protocol answers it: typed JSON. */
export function formatValue(value: SqlValue, valueType: ValueType): string | number | boolean {
  if (valueType === 'BOOLEAN') return value === 1;
  if (value instanceof Uint8Array || value === null)
    throw new Error(`a ${valueType} column holds no such value`);
  return value;
}

function parseBoolean(text: string, what: string): number {
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === '1') return 1;
  if (lower === 'false' || lower === '0') return 0;
  throw new EngineError(`${what}: "${excerpt(text)}" is no BOOLEAN (True or False).`);
}

function parseInteger(text: string, valueType: ValueType, what: string): number {
  const value = /^\s*[+-]?\d+(\.0+)?\s*$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new EngineError(`${what}: "${excerpt(text)}" is no ${valueType} (a whole number up to ±2^53).`);
}

function parseFloatText(text: string, what: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new EngineError(`${what}: "${excerpt(text)}" is no FLOAT (a finite number).`);
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
