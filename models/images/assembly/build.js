/** Prints `../pixels-module.ts`: the passes of `pixels.ts`, compiled. JavaScript, as AssemblyScript's types would change ours. */
import { Buffer } from 'node:buffer';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';
import asc from 'assemblyscript/asc';

const source = fileURLToPath(new URL('pixels.ts', import.meta.url));
const options = '-O3 --enable simd --runtime stub --noAssert --outFile pixels.wasm'.split(' ');
await asc.main([source, ...options], {
  stderr: process.stderr,
  writeFile: (_, contents) => print(Buffer.from(contents)),
});

/** @param {Buffer} module */
function print(module) {
  process.stdout
    .write(`/** The passes of \`assembly/pixels.ts\`, compiled by \`npm run build:pixels\`: a WebAssembly module, in base64. */
export const pixelsModule =
  '${module.toString('base64')}';
`);
}
