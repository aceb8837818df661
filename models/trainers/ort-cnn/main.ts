/** The built-in classification trainer: `node main.js <job.json>`, contract `al-train/1`. On a job's backbone it learns a head, else a CNN. */
import { readFile } from 'node:fs/promises';
import { serve } from '../process/serve.ts';

await serve(async (jobFile) => {
  const { train } = await import('../process/train.ts');
  if (await namesBackbone(jobFile))
    await train((await import('../ort-head/head-trainer.ts')).headTrainer, jobFile);
  else await train((await import('./cnn-trainer.ts')).cnnTrainer, jobFile);
});

/** What else is wrong with a job is said by whoever reads it whole. */
async function namesBackbone(jobFile = ''): Promise<boolean> {
  try {
    const job: unknown = JSON.parse(await readFile(jobFile, 'utf8'));
    return typeof job === 'object' && job !== null && 'backbone' in job;
  } catch {
    return false;
  }
}
