import type { FastifyInstance } from 'fastify';

/** Where the official client reports, as a form, what it is used for: taken and dropped. */
export function addUsageRoute(server: FastifyInstance): void {
  void server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, body, parsed) => {
      body.resume();
      parsed(null);
    });
    scope.post('/api/internal/trackAnalyticsEvent', (_request, reply) => reply.code(204).send());
    done();
  });
}
