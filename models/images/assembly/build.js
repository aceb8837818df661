/** Prints `../pixels-module.ts`: the passes of `pixels.ts`, compiled. */
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const source = fileURLToPath(new URL('pixels.ts', import.meta.url));
const options = '-O3 --enable simd --runtime stub --noAssert --outFile pixels.wasm'.split(' ');
await asc.main([source, ...options], {
  stderr: process.stderr,
  writeFile: (_, contents) => print(Buffer.from(contents)),
});

/** @param {Buffer} module */
function print(module) {
  console.log(`/** The passes of \`assembly/pixels.ts\`, compiled by \`npm run build:pixels\`: a WebAssembly module, in base64. */
export const pixelsModule =
  '${module.toString('base64')}';`);
}
