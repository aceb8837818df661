import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Database } from './database.ts';

/** What `annotate()` asks for. */
export const annotationRequestSchema = z.object({
  datasource_id: z.union([z.string(), z.number()]).transform(String),
  datapoints: z
    .array(z.object({ id: z.union([z.string(), z.number()]).transform(String), download_url: z.string() }))
    .min(1),
  /** Fields that people do not, or alone, see beside the image; all when neither is given. */
  ls_meta_excludes: z.array(z.string()).nullish(),
  ls_meta_includes: z.array(z.string()).nullish(),
});
export type AnnotationRequest = z.output<typeof annotationRequestSchema>;

/** Requests for annotation that wait for a person to name their project, or have one. */
export class AnnotationRequestStore {
  private readonly database: Database;
  constructor(database: Database) {
    this.database = database;
  }

  /** @returns Its key, which nobody can guess. */
  add(request: AnnotationRequest): string {
    const key = randomBytes(24).toString('base64url');
    this.database.run(
      'INSERT INTO annotation_request (key, request) VALUES (?, ?)',
      key,
      JSON.stringify(request),
    );
    return key;
  }

  get(key: string): { request: AnnotationRequest; projectId: number | null } | null {
    const [row] = this.database.rows('SELECT request, project_id FROM annotation_request WHERE key = ?', key);
    if (!row) return null;
    const [request, projectId] = z.tuple([z.string(), z.number().nullable()]).parse(row);
    return { request: annotationRequestSchema.parse(JSON.parse(request)), projectId };
  }

  setProject(key: string, projectId: number): void {
    this.database.run('UPDATE annotation_request SET project_id = ? WHERE key = ?', projectId, key);
  }
}
