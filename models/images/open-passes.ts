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

export const pageBytes = 65_536;

/** Opens what is compiled of `assembly/`, on memory of its own. */
export function openPasses(): { readonly memory: PassMemory } {
  const module = new WebAssembly.Module(Buffer.from(pixelsModule, 'base64'));
  return new WebAssembly.Instance(module).exports as { readonly memory: PassMemory };
}
