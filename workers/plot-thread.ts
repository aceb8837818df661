/** A worker thread that draws pictures and ends: Vega-Lite's `workerData.specifications` in, PNGs out. */
import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { vegaSvg } from './vega-svg.ts';

/** Pixels for each pixel of the specification: sharp on today's screens. */
const density = 2;

const { specifications } = workerData as { specifications: readonly object[] };
const pictures: Uint8Array[] = [];
for (const specification of specifications) {
  const svg = await vegaSvg(specification);
  const picture = sharp(Buffer.from(svg), { density: 72 * density }).png();
  pictures.push(new Uint8Array(await picture.toBuffer()));
}
parentPort?.postMessage(pictures);
