/**
 * Puts empty lists where graphql-js answers null for the `fields` and `inputFields` of a type that has none. The official
 * Python client introspects the schema first and, like the servers it knows, has no null there.
 */
export function fillIntrospectionLists(data: Record<string, unknown>): void {
  const schema = data['__schema'] as { types?: Record<string, unknown>[] } | undefined;
  for (const type of schema?.types ?? [])
    for (const key of ['fields', 'inputFields']) if (type[key] === null) type[key] = [];
}
