/** The built-in detection trainer: `node main.js <job.json>`, contract `al-train/1`. */
import { serve } from '../process/serve.ts';

await serve(async (jobFile) => {
  const [{ train }, { detectorTrainer }] = await Promise.all([
    import('../process/train.ts'),
    import('./detector-trainer.ts'),
  ]);
  await train(detectorTrainer, jobFile);
});
