/** The built-in trainer of a head on a backbone: `node main.js <job.json>`, contract `al-train/1`. */
import { serve } from '../process/serve.ts';

await serve(async (jobFile) => {
  const [{ train }, { headTrainer }] = await Promise.all([
    import('../process/train.ts'),
    import('./head-trainer.ts'),
  ]);
  await train(headTrainer, jobFile);
});
