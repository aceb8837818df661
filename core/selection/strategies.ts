import { badge } from './badge.ts';
import { facilityLocation } from './facility-location.ts';
import { kCenter } from './k-center.ts';
import { objectiveProduct } from './objective-product.ts';
import { probCover } from './probcover.ts';
import { randomDraw } from './random-draw.ts';
import { rankedBatch } from './ranked-batch.ts';
import type { StrategyName } from './strategy-names.ts';
import type { Strategy } from './strategy.ts';
import { topScores } from './top-scores.ts';
import { twoStage } from './two-stage.ts';
import { typiClust } from './typiclust.ts';

export interface StrategyEntry {
  readonly propose: Strategy;
  /** Arrays it cannot do without. */
  readonly needs: readonly ('informativeness' | 'probabilities' | 'embeddings')[];
}

/** How a batch is chosen, by the name that `loop.yaml` and the command line use. */
export const strategies: Readonly<Record<StrategyName, StrategyEntry>> = {
  'top-k': { propose: topScores, needs: ['informativeness'] },
  'two-stage': { propose: twoStage, needs: ['informativeness', 'embeddings'] },
  'k-center': { propose: kCenter, needs: ['embeddings'] },
  badge: { propose: badge, needs: ['probabilities', 'embeddings'] },
  typiclust: { propose: typiClust, needs: ['embeddings'] },
  probcover: { propose: probCover, needs: ['embeddings'] },
  'facility-location': { propose: facilityLocation, needs: ['embeddings'] },
  'ranked-batch': { propose: rankedBatch, needs: ['informativeness', 'embeddings'] },
  product: { propose: objectiveProduct, needs: ['informativeness', 'embeddings'] },
  random: { propose: randomDraw, needs: [] },
};
