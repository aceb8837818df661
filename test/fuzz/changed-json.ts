import fc from 'fast-check';

/** What a stranger, a broken program or a newer server may put where a value stood. */
const strange: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    null,
    '',
    -1,
    0,
    1e308,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '__proto__',
    '$image',
    [],
    {},
    [[]],
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

/**
 * A copy of a JSON document in which up to three values, anywhere, are replaced by something strange, taken out, or doubled.
 * The document as it is comes too.
 */
export function changedJson(document: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({
    at: fc.nat(),
    how: fc.constantFrom('replace' as const, 'remove' as const, 'double' as const),
    value: strange,
  });
  return fc.array(change, { maxLength: 3 }).map((changes) => {
    const copy = structuredClone(document);
    for (const { at, how, value } of changes) {
      const places = placesIn(copy);
      const place = places[at % Math.max(places.length, 1)];
      place?.[how](structuredClone(value));
    }
    return copy;
  });
}

interface Place {
  replace(value: unknown): void;
  remove(): void;
  double(): void;
}

function placesIn(value: unknown): Place[] {
  if (Array.isArray(value))
    return value.flatMap((item: unknown, index) => [
      {
        replace: (other: unknown) => void (value[index] = other),
        remove: () => void value.splice(index, 1),
        double: () => void value.splice(index, 0, structuredClone(item)),
      },
      ...placesIn(item),
    ]);
  if (typeof value !== 'object' || value === null) return [];
  const group = value as Record<string, unknown>;
  return Object.keys(group).flatMap((key) => [
    {
      replace: (other: unknown) => void (group[key] = other),
      remove: () => {
        Reflect.deleteProperty(group, key);
      },
      double: () => void (group[`${key}2`] = group[key]),
    },
    ...placesIn(group[key]),
  ]);
}
