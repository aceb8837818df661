import { z } from 'zod';
import { backboneCardSchema } from '../backbone-card.ts';
import { modelCardSchema } from '../card.ts';
import { manifestLineSchema, trainContract, trainJobSchema, trainerEventSchema } from './job.ts';

const schemas = {
  job: [trainJobSchema, 'job.json'],
  'manifest-line': [manifestLineSchema, 'one line of a manifest'],
  event: [trainerEventSchema, "one line of a trainer's stdout"],
  'model-card': [modelCardSchema, 'model.json'],
  'backbone-card': [backboneCardSchema, 'the card beside a backbone'],
} as const;

/** The contract's JSON Schemas (draft 2020-12) as text, by file name. They take what the host takes: more properties than named are allowed. */
export function contractSchemas(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, [schema, title]]) => {
      const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
      const described = { $schema, title: `${trainContract}: ${title}`, ...rest };
      return [`${name}.schema.json`, `${JSON.stringify(described, null, 2)}\n`];
    }),
  );
}
