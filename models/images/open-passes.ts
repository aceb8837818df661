import { pixelsModule } from './pixels-module.ts';

// Neither the compiler's library for es2023 nor Node's types of version 20 know it.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
};

/** Memory of the passes; growing takes the old buffer away. */
export interface PassMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const pageBytes = 65_536;

/** What lies before is the compiler's. */
export const freeAt = pageBytes;

let compiled: object | undefined;

/** Opens what is compiled of `assembly/`, on memory of its own. */
export function openPasses(): { readonly memory: PassMemory } {
  compiled ??= new WebAssembly.Module(Buffer.from(pixelsModule, 'base64'));
  return new WebAssembly.Instance(compiled).exports as { readonly memory: PassMemory };
}

/** The memory, grown to so many bytes at least. */
export function roomIn(memory: PassMemory, bytes: number): Uint8Array<ArrayBuffer> {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  return new Uint8Array(memory.buffer);
}
