import type { ArmAnswer } from '../core/arm-gain.ts';
import { askedBefore } from '../core/asked-before.ts';
import { allOf, compare, isNotNull } from '../core/datapoints.ts';
import { fields } from '../core/fields.ts';
import type { DataEngine } from '../core/ports.ts';

/** The answered images of all batches so far, each with the loss of the prediction that stood before its answer. */
export async function armAnswers(
  engine: DataEngine,
  datasourceId: string,
  signal: AbortSignal,
): Promise<ArmAnswer[]> {
  const { askedBefore: before, predLoss, selectedAs, selectedInCycle } = fields;
  const where = allOf(
    compare(selectedInCycle.name, 'GREATER_THAN', 0, selectedInCycle.valueType),
    isNotNull(predLoss.name, predLoss.valueType),
  );
  const select = [predLoss.name, selectedAs.name, selectedInCycle.name, before.name];
  const found: ArmAnswer[] = [];
  for await (const { datapoints } of engine.queryDatapoints({ datasourceId, where, select }, signal))
    for (const { fields: row } of datapoints) {
      const now = { cycle: Number(row[selectedInCycle.name]), purpose: String(row[selectedAs.name]) };
      // A second opinion is about what another cycle chose.
      const { cycle, purpose } =
        askedBefore(row[before.name]).find(({ ended }) => ended === 'answered') ?? now;
      // Neither chosen nor drawn: people had skipped it.
      if (purpose === 'again') continue;
      found.push({ cycle, isRandom: purpose === 'random', loss: Number(row[predLoss.name]) });
    }
  return found;
}
