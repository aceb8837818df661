import { allOf, anyOf, equals, isNotNull, isNull } from '../../core/datapoints.ts';

/** As dagshub 0.8's `QueryFilterTree` writes them. */
test('filters are written as the official client writes them', () => {
  expect(isNull('split', 'STRING')).toEqual({
    filter: { key: 'split', value: '', valueType: 'STRING', comparator: 'IS_NULL' },
  });
  expect(isNull('pred_score', 'FLOAT')).toMatchObject({ filter: { value: '0.0' } });
  expect(isNotNull('annotation', 'BLOB')).toMatchObject({ not: true, filter: { comparator: 'IS_NULL' } });
  expect(equals('ok', true, 'BOOLEAN')).toMatchObject({ filter: { value: 'True', comparator: 'EQUAL' } });
  expect(equals('selected_in_cycle', 0, 'INTEGER')).toMatchObject({ filter: { value: '0' } });
  const [a, b] = [equals('a', 1, 'INTEGER'), equals('b', 2, 'INTEGER')];
  expect(allOf(a, b)).toEqual({ and: [a, b] });
  expect(anyOf(a, b)).toEqual({ or: [a, b] });
});
