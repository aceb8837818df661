import { excludedFields, exclusion, needsVectors } from '../../../core/selection/batch-rule.ts';
import { strategies } from '../../../core/selection/strategies.ts';
import { comparesVectors, strategyNames } from '../../../core/selection/strategy-names.ts';

test('the strategies that compare vectors are those that need embeddings', () => {
  for (const name of strategyNames)
    expect([name, comparesVectors(name)]).toEqual([name, strategies[name].needs.includes('embeddings')]);
});

test('a guard or a quota needs vectors with any strategy', () => {
  expect(needsVectors({ strategy: 'top-k' })).toBe(false);
  expect(needsVectors({ strategy: 'two-stage' })).toBe(true);
  expect(needsVectors({ strategy: 'top-k', nearDuplicates: 0.9 })).toBe(true);
  expect(needsVectors({ strategy: 'random', quotas: {} })).toBe(true);
});

test('images are excluded by path and by the value of a field, and none without a rule', () => {
  const rules = [{ path: '^a/' }, { field: 'blurred', is: true }];
  const isExcluded = exclusion(rules);
  expect([isExcluded('a/1.png', {}), isExcluded('b/a/1.png', {})]).toEqual([true, false]);
  expect([isExcluded('b', { blurred: true }), isExcluded('b', { blurred: 'true' })]).toEqual([true, false]);
  expect(excludedFields(rules)).toEqual(['blurred']);
  expect(exclusion(undefined)('a/1.png', {})).toBe(false);
});
