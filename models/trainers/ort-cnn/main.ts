/** The built-in classification trainer: `node main.js <job.json>`, contract `al-train/1`. */
import { serve } from '../process/serve.ts';

await serve(async (jobFile) => {
  const [{ train }, { cnnTrainer }] = await Promise.all([
    import('../process/train.ts'),
    import('./cnn-trainer.ts'),
  ]);
  await train(cnnTrainer, jobFile);
});
