import { LabelStudioPeople } from './label-studio-people.ts';
import { said } from './said.ts';
import type { Person } from './sign-up.ts';

/** A person answers what Label Studio's labelling stream gives them next; answers its key, or null where it has nothing for them. */
export async function answerNext(
  person: Person,
  project: number,
  label: (key: string) => string,
): Promise<string | null> {
  const hands = new LabelStudioPeople(person);
  const task = await hands
    .call<{ id: number; data: { al_key: string } }>('GET', `/api/projects/${project}/next`)
    .catch((error: unknown) => {
      if (String(error).includes(': 404 ')) return null;
      throw error;
    });
  if (!task) return null;
  const key = task.data.al_key;
  const result = said(label(key), key);
  await hands.call('POST', `/api/tasks/${task.id}/annotations/`, { result, lead_time: 2 });
  return key;
}
