import sharp from 'sharp';
import { confusionPlot } from '../../core/plots/confusion-plot.ts';
import { precisionRecallPlot } from '../../core/plots/precision-recall-plot.ts';
import { recallPlaces } from '../../core/metrics/average-precision.ts';
import { VegaPlotMaker } from '../../workers/vega-plot-maker.ts';

const names = ['cat', 'dog'];

test('draws the plots of an evaluation, in their order', async () => {
  const curve = { name: 'cat', precisions: recallPlaces.map((recall) => 1 - recall) };
  const pictures = await new VegaPlotMaker().png([
    confusionPlot(
      [
        [9, 1],
        [0, 0],
      ],
      names,
      names,
    ),
    precisionRecallPlot([curve]),
  ]);
  const [confusion, curves] = await Promise.all(pictures.map((picture) => pixels(picture)));
  // The cell of what is right nearly always is as dark as the scale gets; nothing in the curves is.
  expect(confusion?.some(([red, green, blue]) => red! < 60 && green! < 120 && blue! > 140)).toBe(true);
  // The black line of the mean.
  expect(curves?.filter(([red, green, blue]) => red! + green! + blue! < 30).length).toBeGreaterThan(400);
});

test('a specification that is wrong is an error, and an abort ends the drawing', async () => {
  await expect(new VegaPlotMaker().png([{ mark: 'nonsense' }])).rejects.toThrow();
  const drawing = new VegaPlotMaker().png([precisionRecallPlot([])], AbortSignal.timeout(1));
  await expect(drawing).rejects.toThrow(/abort/i);
});

async function pixels(picture: Uint8Array): Promise<number[][]> {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect(info.format).toBe('raw');
  return Array.from({ length: data.length / 3 }, (_, at) => [...data.subarray(at * 3, at * 3 + 3)]);
}
