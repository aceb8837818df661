/** Prints `../pixels-module.ts`: the passes over pixels and the decoder of JPEGs, compiled. JavaScript, as AssemblyScript's types would change ours. */
import { Buffer } from 'node:buffer';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';
import asc from 'assemblyscript/asc';

const sources = ['pixels.ts', 'jpeg/decode-scan.ts', 'above.ts', 'thumbnail.ts'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);
const options =
  '-O3 --enable simd --runtime stub --noAssert --disableWarning 112 --outFile pixels.wasm'.split(' ');
const { error } = await asc.main([...sources, ...options], {
  stderr: process.stderr,
  writeFile: (_, contents) => print(Buffer.from(contents)),
});
if (error) throw error;

/** @param {Buffer} module */
function print(module) {
  process.stdout
    .write(`/** The sources in \`assembly/\`, compiled by \`npm run build:pixels\`: a WebAssembly module, in base64. */
export const pixelsModule =
  '${module.toString('base64')}';
`);
}
