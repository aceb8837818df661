import { strategyNames } from '../../../core/selection/strategy-names.ts';
import { describeSelectionStrategy } from '../../contracts/selection-strategy.ts';

for (const name of strategyNames) describeSelectionStrategy(name);
