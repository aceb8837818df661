import type { FastifyInstance } from 'fastify';
import {
  execute,
  GraphQLError,
  parse,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { z } from 'zod';
import { EngineError } from './engine-error.ts';
import { fillIntrospectionLists } from './introspection-lists.ts';
import { createGraphqlSchema } from './graphql-schema.ts';
import { createResolvers, type RequestContext, type ResolverParts } from './resolvers.ts';
import type { EngineLog } from './scanner.ts';

const bodySchema = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});
const maxBodyBytes = 256 * 1024 * 1024;
const keptDocuments = 200;

type Checked = { document: DocumentNode } | { errors: readonly GraphQLError[] };

/** `POST …/data-engine/graphql`. A refused request is an answer with status 200 and `errors`, as GraphQL has it. */
export function addGraphqlRoute(
  server: FastifyInstance,
  options: { path: string; parts: ResolverParts; log: EngineLog },
): void {
  const schema = createGraphqlSchema();
  const resolvers = createResolvers(options.parts);
  const documents = new Map<string, Checked>();

  server.post(options.path, { bodyLimit: maxBodyBytes }, async (request, reply) => {
    const body = bodySchema.safeParse(request.body);
    if (!body.success)
      return reply
        .code(400)
        .send({ errors: [{ message: 'A GraphQL request is JSON with "query" and "variables".' }] });
    const checked = check(body.data.query, schema, documents);
    if ('errors' in checked) return { errors: checked.errors };
    const context: RequestContext = { failedScans: {} };
    const result = await execute({
      schema,
      document: checked.document,
      rootValue: resolvers,
      contextValue: context,
      variableValues: body.data.variables ?? {},
      ...(body.data.operationName != null && { operationName: body.data.operationName }),
    });
    const faults = (result.errors ?? []).filter(isFault);
    for (const { originalError } of faults)
      options.log.warn(`a request failed: ${String(originalError?.stack)}`);
    return reply.code(faults.length > 0 ? 500 : 200).send(answer(result, context));
  });
}

function check(query: string, schema: GraphQLSchema, documents: Map<string, Checked>): Checked {
  const known = documents.get(query);
  if (known) return known;
  const checked = parseAndValidate(query, schema);
  const oldest = documents.size >= keptDocuments ? documents.keys().next().value : undefined;
  if (oldest !== undefined) documents.delete(oldest);
  documents.set(query, checked);
  return checked;
}

function parseAndValidate(query: string, schema: GraphQLSchema): Checked {
  try {
    const document = parse(query, { maxTokens: 10_000 });
    const errors = validate(schema, document);
    return errors.length > 0 ? { errors } : { document };
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] };
    throw error;
  }
}

/** An error of ours, not of the request: status 500, so that the caller tries again. */
function isFault({ originalError }: GraphQLError): boolean {
  return (
    !!originalError && !(originalError instanceof EngineError) && !(originalError instanceof GraphQLError)
  );
}

/** What a caller can act on keeps its words; a fault of ours does not leave the log. */
function answer(result: ExecutionResult, context: RequestContext) {
  if (result.data) fillIntrospectionLists(result.data);
  const errors = result.errors?.map((error) =>
    isFault(error) ? { ...error.toJSON(), message: 'The engine failed; its log says why.' } : error.toJSON(),
  );
  return {
    ...(result.data !== undefined && { data: result.data }),
    ...(errors && { errors }),
    ...(Object.keys(context.failedScans).length > 0 && { extensions: { failedScans: context.failedScans } }),
  };
}
