import type { FastifyInstance } from 'fastify';
import { GraphQLError, parse, validate, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import { z } from 'zod';
import { EngineError } from './engine-error.ts';
import { fillIntrospectionLists } from './introspection-lists.ts';
import { createGraphqlSchema } from './graphql-schema.ts';
import { createResolvers, type RequestContext, type ResolverParts } from './resolvers.ts';
import type { EngineLog } from './scanner.ts';
import { StorageError } from './storage-error.ts';
import { supportIdHeader } from './support-id.ts';

const bodySchema = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});
const maxBodyBytes = 256 * 1024 * 1024;
const keptDocuments = 200;

type Compiled = CompiledQuery | { readonly errors: readonly GraphQLError[] };

/** `POST …/data-engine/graphql`. A refused request is an answer with status 200 and `errors`, as GraphQL has it. */
export function addGraphqlRoute(
  server: FastifyInstance,
  options: { path: string; parts: ResolverParts; log: EngineLog },
): void {
  const schema = createGraphqlSchema(createResolvers(options.parts));
  const known = new Map<string, Compiled>();

  server.post(options.path, { bodyLimit: maxBodyBytes }, async (request, reply) => {
    const body = bodySchema.safeParse(request.body);
    if (!body.success)
      return reply
        .code(400)
        .send({ errors: [{ message: 'A GraphQL request is JSON with "query" and "variables".' }] });
    const { query, variables, operationName } = body.data;
    const compiled = compile({ query, operationName: operationName ?? '', schema, known });
    // Errors come with status 200, and still with an id to ask about.
    const named = () => reply.header(supportIdHeader, request.id);
    if (!isCompiledQuery(compiled)) return named().send({ errors: compiled.errors });
    const context: RequestContext = { failedScans: {} };
    const result = await compiled.query({}, context, variables ?? {});
    const faults = (result.errors ?? []).filter(isFault);
    for (const { originalError } of faults)
      options.log.warn(`a request failed (${request.id}): ${String(originalError?.stack)}`);
    if (result.errors) named();
    return reply.code(faults.length > 0 ? 500 : 200).send(answer(result, context));
  });
}

/** Documents are compiled once: executing one for a page of 5,000 datapoints is then 17 times as fast as walking it. */
function compile(request: {
  query: string;
  operationName: string;
  schema: GraphQLSchema;
  known: Map<string, Compiled>;
}): Compiled {
  const { query, operationName, schema, known } = request;
  const key = `${operationName}\n${query}`;
  const earlier = known.get(key);
  if (earlier) return earlier;
  const compiled = parseAndCompile(query, operationName, schema);
  const oldest = known.size >= keptDocuments ? known.keys().next().value : undefined;
  if (oldest !== undefined) known.delete(oldest);
  known.set(key, compiled);
  return compiled;
}

function parseAndCompile(query: string, operationName: string, schema: GraphQLSchema): Compiled {
  try {
    const document = parse(query, { maxTokens: 10_000 });
    const errors = validate(schema, document);
    if (errors.length > 0) return { errors };
    const compiled = compileQuery(schema, document, operationName);
    return isCompiledQuery(compiled) ? compiled : { errors: compiled.errors ?? [] };
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
    isFault(error) ? { ...error.toJSON(), message: wordsOf(error) } : error.toJSON(),
  );
  return {
    ...(result.data !== undefined && { data: result.data }),
    ...(errors && { errors }),
    ...(Object.keys(context.failedScans).length > 0 && { extensions: { failedScans: context.failedScans } }),
  };
}

function wordsOf({ originalError }: GraphQLError): string {
  return originalError instanceof StorageError
    ? originalError.message
    : 'The engine failed; its log says why.';
}
