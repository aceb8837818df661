import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { BlobStore } from './blob-store.ts';
import { parseRootUrl, type Root } from './roots.ts';

/** The REST calls around the Data Engine: who am I, what is this repository, where are its blobs. */
export function addRepositoryRoutes(
  server: FastifyInstance,
  options: {
    base: string;
    repo: string;
    user: string;
    roots: readonly Root[];
    blobs: BlobStore;
    startedAt: Date;
  },
): void {
  const { base, repo, user } = options;
  const [owner = '', name = ''] = repo.split('/');
  const roots = options.roots.map((root) => parseRootUrl(root.url, repo));
  const revisions = roots.filter((root) => root.scheme === 'repo').map((root) => root.container);
  const branches = [...new Set([...revisions, 'main'])];
  const [defaultBranch = 'main'] = branches;

  server.get('/api/v1/user', () => describeUser(user));

  server.get(base, (request) => {
    const url = `${request.protocol}://${request.host}/${repo}`;
    const time = options.startedAt.toISOString();
    return {
      id: 1,
      owner: describeUser(owner),
      name,
      full_name: repo,
      description: 'Served by a local Data Engine.',
      private: true,
      fork: false,
      parent: null,
      empty: false,
      mirror: false,
      size: 0,
      html_url: url,
      ssh_url: '',
      clone_url: '',
      website: '',
      stars_count: 0,
      forks_count: 0,
      watchers_count: 0,
      open_issues_count: 0,
      default_branch: defaultBranch,
      created_at: time,
      updated_at: time,
      permissions: { admin: true, push: true, pull: true },
    };
  });

  server.get<{ Params: { '*': string } }>(`${base}/branches/*`, (request, reply) => {
    const branch = request.params['*'];
    if (!branches.includes(branch)) return reply.code(404).send({ message: `There is no branch ${branch}.` });
    return describeBranch(repo, branch, options.startedAt);
  });

  server.get<{ Params: { sha: string } }>(`${base}/commits/:sha`, (request, reply) => {
    const { sha } = request.params;
    const tip = branches
      .map((branch) => describeBranch(repo, branch, options.startedAt))
      .find(({ commit }) => commit.id === sha);
    return tip ? { commit: tip.commit } : reply.code(404).send({ message: `There is no commit ${sha}.` });
  });

  server.get(`${base}/storage`, () =>
    roots
      .filter((root) => root.scheme !== 'repo')
      .map(({ scheme, container, prefix }) => ({
        name: [container, prefix].filter((part) => part !== '').join('/'),
        protocol: scheme,
        list_path: `${base}/storage/content/${[scheme, container, prefix].filter((part) => part !== '').join('/')}`,
      })),
  );

  server.get<{ Params: { hash: string } }>(`${base}/data-engine/blob/:hash`, async (request, reply) => {
    const bytes = await options.blobs.get(request.params.hash);
    if (!bytes) return reply.code(404).send({ message: `There is no blob ${request.params.hash}.` });
    return reply
      .headers({ 'x-content-type-options': 'nosniff', etag: `"${request.params.hash}"` })
      .type('application/octet-stream')
      .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });
}

function describeUser(login: string) {
  return { id: 1, login, username: login, full_name: login, avatar_url: '' };
}

/** A folder has no commits: a branch points at an id made of its name, which stays. */
function describeBranch(repo: string, branch: string, at: Date) {
  const id = createHash('sha1').update(`${repo}@${branch}`).digest('hex');
  const person = { name: 'Local Data Engine', email: '', username: '' };
  const timestamp = at.toISOString();
  return {
    name: branch,
    commit: { id, message: 'A local folder', url: '', author: person, committer: person, timestamp },
  };
}
