import { select, type Selection, type SelectionRules } from '../../core/selection/select.ts';
import type { SelectionInput } from '../../core/selection/selection-input.ts';
import type { StrategyName } from '../../core/selection/strategy-names.ts';
import { embeddedPool, permuted, shuffled } from '../support/embedded-pool.ts';

/** The promises of every selection strategy. */
export function describeSelectionStrategy(strategy: StrategyName): void {
  describe(`${strategy} keeps the promises of a selection strategy`, () => {
    const pool = embeddedPool(90);
    const rules = { strategy, size: 12, seed: '7/1' };
    const choose = (input: SelectionInput, more: Partial<SelectionRules> = {}): Selection =>
      select(input, { ...rules, ...more });

    test('chooses as many as asked, each once, ranked from 0, and is not short', () => {
      for (const size of [1, 12, 89]) {
        const selection = choose(pool, { size });
        expect(new Set(ids(selection)).size).toBe(size);
        expect(selection.chosen.map(({ rank }) => rank)).toEqual([...selection.chosen.keys()]);
        expect(selection).toMatchObject({ strategy, pool: 90, short: false, quarantined: [] });
        for (const { id, row } of selection.chosen) expect(pool.ids[row]).toBe(id);
      }
    });

    test('takes all when there are fewer, and says so', () => {
      const selection = choose(pool, { size: 91 });
      expect(ids(selection).sort()).toEqual([...pool.ids].sort());
      expect(selection.short).toBe(true);
      expect(choose(pool, { size: 90 }).short).toBe(false);
    });

    test('an empty pool is an answer', () => {
      const nothing = choose(embeddedPool(0));
      expect(nothing).toMatchObject({ chosen: [], passedOver: [], pool: 0, short: true });
      expect(choose({ ...pool, labelled: [...pool.ids.keys()] })).toMatchObject({
        chosen: [],
        pool: 0,
        short: true,
      });
    });

    test('one seed gives one batch', () => {
      expect(choose(pool)).toEqual(choose(embeddedPool(90)));
    });

    test('permuting the rows chooses the same ids in the same order', () => {
      const labelled = [3, 30, 61];
      const once = choose({ ...pool, labelled });
      for (const seed of [1, 2, 3]) {
        const order = shuffled(90, seed);
        const moved = choose({
          ...permuted(pool, order),
          labelled: labelled.map((row) => order.indexOf(row)),
        });
        expect(ids(moved)).toEqual(ids(once));
        expect(moved.chosen.map(({ nearest }) => nearest)).toEqual(once.chosen.map(({ nearest }) => nearest));
      }
    });

    test('ties fall by a hash of id and seed, not by the order of the rows', () => {
      const alike = {
        ids: pool.ids,
        informativeness: pool.informativeness.map(() => 0.5),
        probabilities: { values: new Float64Array(360).fill(0.25), columns: 4 },
        embeddings: { values: new Float32Array(540).fill(1), columns: 6 },
      };
      const first = ids(choose(alike));
      expect(first).not.toEqual(alike.ids.slice(0, 12));
      expect(first).not.toEqual([...first].sort());
      expect(ids(choose(permuted(alike, shuffled(90, 5))))).toEqual(first);
      expect(ids(choose(alike, { seed: '7/2' }))).not.toEqual(first);
    });

    test('neither labelled nor excluded rows are ever chosen', () => {
      const labelled = [0, 10, 20, 30, 40];
      const excluded = [1, 11, 21, 31, 41];
      const selection = choose({ ...pool, labelled, excluded }, { size: 90, randomShare: 0.2 });
      const rows = new Set(selection.chosen.map(({ row }) => row));
      expect(selection.chosen).toHaveLength(80);
      for (const row of [...labelled, ...excluded]) expect(rows.has(row)).toBe(false);
    });

    test('what is no number is named and not chosen', () => {
      const broken = permuted(pool, [...pool.ids.keys()]);
      broken.informativeness[4] = NaN;
      broken.informativeness[5] = Infinity;
      broken.probabilities.values[6 * 4 + 1] = NaN;
      broken.probabilities.values.fill(0.3, 7 * 4, 8 * 4);
      broken.embeddings.values[8 * 6] = NaN;
      broken.embeddings.values.fill(0, 9 * 6, 10 * 6);
      const selection = choose(broken, { size: 90, randomShare: 0.3 });
      expect([...selection.quarantined].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
        { id: pool.ids[4], reason: 'its informativeness is NaN' },
        { id: pool.ids[5], reason: 'its informativeness is Infinity' },
        { id: pool.ids[6], reason: 'its probabilities hold NaN' },
        { id: pool.ids[7], reason: 'its probabilities sum to 1.2000' },
        { id: pool.ids[8], reason: 'its embedding holds a number that is not finite' },
        { id: pool.ids[9], reason: 'its embedding is all zeros' },
      ]);
      expect(selection.chosen).toHaveLength(84);
      expect(selection.chosen.filter(({ row }) => row >= 4 && row < 10)).toEqual([]);
    });

    test('the random arm is the same whatever the model thinks, and stands last', () => {
      const share = { randomShare: 0.25 };
      const arm = (selection: Selection) => selection.chosen.slice(-3);
      const other = { ...pool, informativeness: pool.informativeness.map((one) => 1 - one) };
      const drawn = arm(choose(pool, share));
      expect(drawn.map(({ by }) => by)).toEqual(['random', 'random', 'random']);
      expect(arm(choose(other, share)).map(({ id }) => id)).toEqual(drawn.map(({ id }) => id));
    });

    test('near-duplicates of what is labelled or chosen are passed over', () => {
      const twins = permuted(pool, [...pool.ids.keys()]);
      const { values } = twins.embeddings;
      for (let row = 1; row < 90; row += 2) values.copyWithin(row * 6, (row - 1) * 6, row * 6);
      const selection = choose({ ...twins, labelled: [0] }, { size: 90, nearDuplicates: 1 });
      // Of the 45 pairs one is labelled in half; its other half and one of each other pair are left out.
      expect(selection.chosen).toHaveLength(44);
      expect(new Set(selection.chosen.map(({ row }) => row >> 1)).size).toBe(44);
      expect(selection.short).toBe(true);
      for (const { why, nearest } of selection.passedOver) {
        expect(why).toBe('near-duplicate');
        expect(nearest?.cosine).toBeCloseTo(1, 5);
      }
      expect(selection.passedOver).toHaveLength(10);
    });

    test('a quota levels the likeliest classes', () => {
      const quotas = { weights: [1, 1, 1, 1], labels: [0, 0, 3, 20] };
      const selection = choose(pool, { size: 30, quotas });
      const counts = [0, 0, 0, 0];
      for (const { row } of selection.chosen) counts[likeliest(pool.probabilities, row)]! += 1;
      // 30 slots to level 0, 0 and 3 with one another: 11, 11 and 8.
      expect(counts).toEqual([11, 11, 8, 0]);
    });

    test('shows what it would have chosen next', () => {
      const next = choose(pool).passedOver;
      expect(next).toHaveLength(10);
      const chosen = new Set(ids(choose(pool)));
      for (const { id, why, by } of next) {
        expect(chosen.has(id)).toBe(false);
        expect([why, by]).toEqual(['full', strategy]);
      }
    });
  });
}

function ids({ chosen }: Selection): string[] {
  return chosen.map(({ id }) => id);
}

function likeliest({ values, columns }: { values: Float64Array; columns: number }, row: number): number {
  const of = [...values.subarray(row * columns, (row + 1) * columns)];
  return of.indexOf(Math.max(...of));
}
