import { classificationLabelConfig } from '../../core/label-config.ts';
import { DomainError } from '../../core/errors.ts';
import type { AnnotationBoard, ResultItem, ReviewedTask, ReviewTask } from '../../core/ports.ts';
import { choiceResult } from '../../core/results.ts';

/** What people and an administrator do and see, beside the port. Tasks are named by project and key. */
export interface BoardPeople {
  answer(projectId: number, key: string, result: readonly ResultItem[]): Promise<void>;
  /** Answers in the editor, which showed the task's only prediction. */
  answerSuggestion(projectId: number, key: string, result: readonly ResultItem[]): Promise<void>;
  skip(projectId: number, key: string): Promise<void>;
  /** Begins an answer and leaves it as a draft. */
  begin(projectId: number, key: string, result: readonly ResultItem[]): Promise<void>;
  /** Changes the last annotation of a task. */
  revise(projectId: number, key: string, result: readonly ResultItem[]): Promise<void>;
  /** Deletes the last annotation of a task. */
  retract(projectId: number, key: string): Promise<void>;
  /** Leaves a task as a server does that counted its people by an older number. */
  close(projectId: number, key: string): Promise<void>;
  /** Oldest first. */
  storedTasks(projectId: number): Promise<readonly StoredReviewTask[]>;
  projectsTitled(title: string): Promise<readonly number[]>;
  /** The `model_version` annotators start from. */
  modelVersion(projectId: number): Promise<string | null>;
  webhooks(projectId: number): Promise<readonly { url: string; headers: Readonly<Record<string, string>> }[]>;
}

export interface StoredReviewTask {
  readonly key: string;
  readonly imageUrl: string;
  readonly predictions: readonly NonNullable<ReviewTask['prediction']>[];
}

export interface AnnotationBoardSetup {
  readonly board: AnnotationBoard;
  readonly people: BoardPeople;
  /** A title nobody has used. */
  newTitle(): string;
  /** An address a webhook may name. */
  readonly webhookUrl: string;
  /** The address of somebody whom the board knows. */
  readonly somebody: string;
}

export const contractClasses = ['cat', 'dog & "friends"', 'ünï <3'];
const labelConfig = classificationLabelConfig(contractClasses);

export function choice(key: string, label = 'cat'): ResultItem[] {
  return choiceResult({ fromName: 'choice', toName: 'image', key, label });
}

/** Tasks with predictions of `modelVersion`; scores rise with the index. */
export function reviewTasks(count: number, modelVersion: string | null = 'run-1'): ReviewTask[] {
  return Array.from({ length: count }, (_, index) => {
    const key = `images/${String(index).padStart(5, '0')}.png`;
    const score = index / count;
    return {
      key,
      imageUrl: `http://127.0.0.1:1/${key}`,
      ...(modelVersion !== null && { prediction: { modelVersion, score, result: choice(key) } }),
    };
  });
}

/** The promises of `AnnotationBoard`. The client with a real Label Studio and the fake run it. */
export function describeAnnotationBoard(name: string, setUp: () => Promise<AnnotationBoardSetup>): void {
  describe(`${name} keeps the promises of AnnotationBoard`, () => {
    let setup: AnnotationBoardSetup;
    let board: AnnotationBoard;
    let people: BoardPeople;

    beforeAll(async () => {
      setup = await setUp();
      ({ board, people } = setup);
    });

    async function newProject(): Promise<number> {
      return board.ensureProject({ title: setup.newTitle(), description: 'A contract', labelConfig });
    }

    async function reviewed(
      projectId: number,
      only?: Parameters<AnnotationBoard['listReviewedTasks']>[2],
    ): Promise<ReviewedTask[]> {
      const tasks = [];
      for await (const page of board.listReviewedTasks(projectId, undefined, only)) tasks.push(...page);
      return tasks;
    }

    test('lists the projects whose titles start so, and no others', async () => {
      const title = setup.newTitle();
      const ids = [];
      for (const name of [`${title} a`, `${title} b`, `x ${title}`])
        ids.push(await board.ensureProject({ title: name, description: 'A contract', labelConfig }));
      expect(await board.listProjects(title)).toEqual([
        { id: ids[0], title: `${title} a` },
        { id: ids[1], title: `${title} b` },
      ]);
      expect(await board.listProjects(`${title} of nobody`)).toEqual([]);
    });

    test('says which system it is', async () => {
      expect(await board.check()).toMatchObject({ system: 'Label Studio' });
    });

    test('a project is made once a title, exactly as written', async () => {
      const title = setup.newTitle();
      const input = { title, description: 'first', labelConfig };
      const id = await board.ensureProject(input);
      expect(await board.ensureProject({ ...input, description: 'again' })).toBe(id);
      expect(await board.ensureProject({ ...input, title: title.slice(0, -2) })).not.toBe(id);
      expect(await board.ensureProject({ ...input, title: ` ${title} ` })).toBe(id);
      expect(await board.ensureProject({ ...input, title: title.toUpperCase() })).not.toBe(id);
      expect(await people.projectsTitled(title)).toEqual([id]);
      expect(board.projectUrl(id)).toMatch(new RegExp(`^http.*/projects/${id}/`));
    });

    test.each(['ab', 'x'.repeat(51)])('the title %s is refused', async (title) => {
      await expect(board.ensureProject({ title, description: '', labelConfig })).rejects.toThrow(DomainError);
    });

    test('callers at once end with one project', async () => {
      const title = setup.newTitle();
      const ensure = () => board.ensureProject({ title, description: '', labelConfig });
      const ids = await Promise.all([ensure(), ensure(), ensure(), ensure()]);
      const kept = await ensure();
      expect(await people.projectsTitled(title)).toEqual([kept]);
      expect(ids).toContain(kept);
    });

    test('a labelling config is found by the exact title of its project', async () => {
      const title = setup.newTitle();
      expect(await board.findLabelConfig(title)).toBeNull();
      await board.ensureProject({ title, description: '', labelConfig });
      expect(await board.findLabelConfig(title)).toBe(labelConfig);
      expect(await board.findLabelConfig(title.slice(0, -2))).toBeNull();
    });

    test('tasks are stored with their images and predictions, and a repeat makes none', async () => {
      const projectId = await newProject();
      const [first, second] = reviewTasks(2);
      const bare = reviewTasks(3, null)[2]!;
      const tasks = [first!, second!, bare];
      const progress: number[] = [];
      const onProgress = (done: number) => void progress.push(done);
      expect(await board.ensureTasks({ projectId, tasks, onProgress })).toEqual({ created: 3, existing: 0 });
      expect(progress.at(-1)).toBe(3);
      expect(await board.ensureTasks({ projectId, tasks })).toEqual({ created: 0, existing: 3 });
      expect(await people.storedTasks(projectId)).toEqual([
        { key: first!.key, imageUrl: first!.imageUrl, predictions: [first!.prediction] },
        { key: second!.key, imageUrl: second!.imageUrl, predictions: [second!.prediction] },
        { key: bare.key, imageUrl: bare.imageUrl, predictions: [] },
      ]);
      expect(await people.modelVersion(projectId)).toBe('run-1');
    });

    test('only the missing tasks are made', async () => {
      const projectId = await newProject();
      const tasks = reviewTasks(5);
      await board.ensureTasks({ projectId, tasks: tasks.slice(1, 3) });
      expect(await board.ensureTasks({ projectId, tasks })).toEqual({ created: 3, existing: 2 });
      const keys = (await people.storedTasks(projectId)).map(({ key }) => key);
      expect(keys.sort()).toEqual(tasks.map(({ key }) => key));
    });

    test('a newer model adds its predictions to the tasks that are there, and annotators start from it', async () => {
      const projectId = await newProject();
      await board.ensureTasks({ projectId, tasks: reviewTasks(2, 'run-1') });
      await board.ensureTasks({ projectId, tasks: reviewTasks(2, 'run-2') });
      const stored = await people.storedTasks(projectId);
      expect(stored.map(({ predictions }) => predictions.map((one) => one.modelVersion).sort())).toEqual([
        ['run-1', 'run-2'],
        ['run-1', 'run-2'],
      ]);
      expect(await people.modelVersion(projectId)).toBe('run-2');
    });

    test('keys of any characters are found again', async () => {
      const projectId = await newProject();
      const keys = [
        'A.png',
        'a.png',
        'it\'s, "q" 100%_x.png',
        'back\\slash.png',
        ' ü/ñ (1).png',
        '12',
        'null',
        '[1]',
      ];
      const tasks = keys.map((key) => ({ ...reviewTasks(1)[0]!, key }));
      await board.ensureTasks({ projectId, tasks });
      expect(await board.ensureTasks({ projectId, tasks })).toEqual({ created: 0, existing: keys.length });
      expect((await reviewed(projectId)).map(({ key }) => key)).toEqual(keys);
    });

    test('a task goes to as many people as are wanted, and to no fewer when it is sent again', async () => {
      const projectId = await newProject();
      const [twice, once] = reviewTasks(2);
      const tasks = [{ ...twice!, people: 2 }, once!];
      await board.ensureTasks({ projectId, tasks });
      expect((await reviewed(projectId)).map(({ people: asked }) => asked)).toEqual([2, 1]);
      const [{ taskId }] = (await reviewed(projectId)) as [ReviewedTask, ReviewedTask];
      await board.askPeople([{ taskId, people: 3 }]);
      await board.ensureTasks({ projectId, tasks });
      expect((await reviewed(projectId)).map(({ people: asked }) => asked)).toEqual([3, 1]);
    });

    test('a task that is closed before all have answered is told as that, and asking again opens it', async () => {
      const projectId = await newProject();
      const [task] = reviewTasks(1);
      await board.ensureTasks({ projectId, tasks: [{ ...task!, people: 2 }] });
      await people.answer(projectId, task!.key, choice(task!.key));
      const isClosed = async () => (await reviewed(projectId)).map((one) => one.isClosed);
      expect(await isClosed()).toEqual([false]);
      await people.close(projectId, task!.key);
      expect(await isClosed()).toEqual([true]);
      const [{ taskId }] = (await reviewed(projectId)) as [ReviewedTask];
      await board.askPeople([{ taskId, people: 2 }]);
      expect(await isClosed()).toEqual([false]);
    });

    test('a task that another cycle asks of one person more belongs to that cycle, with what was answered', async () => {
      const projectId = await newProject();
      const [again, other] = reviewTasks(2).map((task) => ({ ...task, cycle: 1 }));
      await board.ensureTasks({ projectId, tasks: [again!, other!] });
      await people.answer(projectId, again!.key, choice(again!.key));
      const [before] = await reviewed(projectId);
      const asked: ReviewTask = { key: again!.key, imageUrl: again!.imageUrl, people: 2, cycle: 4 };
      for (let attempt = 0; attempt < 2; attempt++)
        expect(await board.ensureTasks({ projectId, tasks: [asked] })).toEqual({ created: 0, existing: 1 });
      expect((await reviewed(projectId)).map(({ people: count, cycle }) => [count, cycle])).toEqual([
        [2, 4],
        [1, 1],
      ]);
      expect(before!.isClosed).toBe(true);
      expect((await reviewed(projectId))[0]).toEqual({ ...before, people: 2, cycle: 4, isClosed: false });
      expect(await board.readCycleProgress({ projectId, cycle: 1 })).toMatchObject({ tasks: 1 });
    });

    test('a task shows all predictions that it is given, one of each version', async () => {
      const projectId = await newProject();
      const [task] = reviewTasks(1, 'opinion 1');
      const { key } = task!;
      const beside = [{ modelVersion: 'opinion 2', score: 0, result: choice(key, contractClasses[1]) }];
      const tasks = [{ ...task!, beside }];
      await board.ensureTasks({ projectId, tasks });
      await board.ensureTasks({ projectId, tasks });
      const [stored] = await people.storedTasks(projectId);
      const versions = stored!.predictions.map(({ modelVersion }) => modelVersion);
      expect(versions.sort()).toEqual(['opinion 1', 'opinion 2']);
      expect((await reviewed(projectId)).map(({ predictions }) => predictions)).toEqual([2]);
      expect(await people.modelVersion(projectId)).toBe('opinion 1');
    });

    test('somebody is found by the address, and nobody by another', async () => {
      expect(typeof (await board.findPerson(setup.somebody))).toBe('number');
      expect(await board.findPerson(setup.somebody.toUpperCase())).toBe(
        await board.findPerson(setup.somebody),
      );
      expect(await board.findPerson('nobody@example.com')).toBeNull();
    });

    test('no tasks are nothing', async () => {
      const projectId = await newProject();
      expect(await board.ensureTasks({ projectId, tasks: [] })).toEqual({ created: 0, existing: 0 });
      expect(await board.readProgress(projectId)).toEqual({ tasks: 0, answered: 0, skipped: 0 });
      expect(await reviewed(projectId)).toEqual([]);
    });

    const [plain] = reviewTasks(1);
    const withPrediction = (change: Partial<NonNullable<ReviewTask['prediction']>>): ReviewTask => ({
      ...plain!,
      prediction: { ...plain!.prediction!, ...change },
    });
    test.each<[string, ReviewTask[], RegExp]>([
      ['a key twice', [plain!, plain!], /twice/],
      ['an empty key', [{ ...plain!, key: '' }], /empty key/],
      ['a score that is no number', [withPrediction({ score: NaN })], /score NaN/],
      ['a score above 1', [withPrediction({ score: 1.01 })], /0\.\.1/],
      ['a prediction of no model', [withPrediction({ modelVersion: '' })], /model version/],
      ['an unknown label', [withPrediction({ result: choice('k', 'bird') })], /"bird"/],
      [
        'an unknown control',
        [
          withPrediction({
            result: choiceResult({ fromName: 'x', toName: 'image', key: 'k', label: 'cat' }),
          }),
        ],
        /control "x"/,
      ],
      [
        'an unknown image',
        [
          withPrediction({
            result: choiceResult({ fromName: 'choice', toName: 'y', key: 'k', label: 'cat' }),
          }),
        ],
        /on "y"/,
      ],
      [
        'another type',
        [withPrediction({ result: [{ ...choice('k')[0], type: 'labels' }] })],
        /type "labels"/,
      ],
      ['a value of NaN', [withPrediction({ result: [{ ...choice('k')[0], score: NaN }] })], /not finite/],
    ])('%s is a domain error, and nothing is stored', async (_title, tasks, message) => {
      const projectId = await newProject();
      const ensured = board.ensureTasks({ projectId, tasks });
      await expect(ensured).rejects.toThrow(DomainError);
      await expect(ensured).rejects.toThrow(message);
      expect(await people.storedTasks(projectId)).toEqual([]);
    });

    test('a webhook is made once a project and address, and takes new headers', async () => {
      const projectId = await newProject();
      const url = setup.webhookUrl;
      await board.ensureWebhook({ projectId, url, headers: { 'X-Secret': 'one' } });
      await board.ensureWebhook({ projectId, url, headers: { 'X-Secret': 'one' } });
      await board.ensureWebhook({ projectId, url, headers: { 'X-Secret': 'two' } });
      await board.ensureWebhook({ projectId, url: `${url}/other`, headers: {} });
      const hooks = await people.webhooks(projectId);
      expect([...hooks].sort((a, b) => a.url.length - b.url.length)).toEqual([
        { url, headers: { 'X-Secret': 'two' } },
        { url: `${url}/other`, headers: {} },
      ]);
    });

    test('progress counts tasks by what people did', async () => {
      const projectId = await newProject();
      const tasks = reviewTasks(6);
      const [answered, twice, skipped, skippedTwice, skippedThenAnswered] = tasks.map(({ key }) => key) as [
        string,
        ...string[],
      ] as [string, string, string, string, string];
      await board.ensureTasks({ projectId, tasks });
      expect(await board.readProgress(projectId)).toEqual({ tasks: 6, answered: 0, skipped: 0 });
      await people.answer(projectId, answered, choice(answered));
      await people.answer(projectId, twice, choice(twice));
      await people.answer(projectId, twice, choice(twice, contractClasses[1]));
      await people.skip(projectId, skipped);
      await people.skip(projectId, skippedTwice);
      await people.skip(projectId, skippedTwice);
      await people.skip(projectId, skippedThenAnswered);
      await people.answer(projectId, skippedThenAnswered, []);
      expect(await board.readProgress(projectId)).toEqual({ tasks: 6, answered: 3, skipped: 2 });
    });

    test('the oldest open task is the first that nobody answered or skipped, of all or of a cycle', async () => {
      const projectId = await newProject();
      expect(await board.oldestOpenTask({ projectId })).toBeNull();
      const tasks = reviewTasks(4).map((task, index) => ({ ...task, cycle: index < 2 ? 1 : 2 }));
      const [first, second, third] = tasks.map(({ key }) => key) as [string, string, string];
      for (const task of tasks) await board.ensureTasks({ projectId, tasks: [task] });
      const opened = await board.oldestOpenTask({ projectId });
      expect(await board.oldestOpenTask({ projectId, cycle: 1 })).toBe(opened);
      await people.answer(projectId, first, choice(first));
      await people.begin(projectId, second, choice(second));
      const later = await board.oldestOpenTask({ projectId });
      expect(later).toBeGreaterThan(opened!);
      await people.skip(projectId, second);
      expect(await board.oldestOpenTask({ projectId })).toBeGreaterThan(later!);
      expect(await board.oldestOpenTask({ projectId, cycle: 1 })).toBeNull();
      await people.answer(projectId, third, choice(third));
      expect(await board.oldestOpenTask({ projectId, cycle: 2 })).not.toBeNull();
      expect(await board.oldestOpenTask({ projectId, cycle: 3 })).toBeNull();
    });

    test('tasks that nobody touched are withdrawn; an answer, a skip and a draft keep theirs', async () => {
      const projectId = await newProject();
      const tasks = reviewTasks(6);
      await board.ensureTasks({ projectId, tasks });
      const [answered, skipped, begun, open, other, third] = tasks.map(({ key }) => key) as [
        string,
        string,
        string,
        string,
        string,
        string,
      ];
      await people.answer(projectId, answered, choice(answered));
      await people.skip(projectId, skipped);
      await people.begin(projectId, begun, choice(begun));
      const withdraw = () =>
        board.withdrawTasks({
          projectId,
          keys: [answered, skipped, begun, open, other, 'never sent.png'],
          shelf: `${projectId} withdrawn`,
        });
      expect(await withdraw()).toEqual([open, other, 'never sent.png']);
      const left = (await people.storedTasks(projectId)).map(({ key }) => key);
      expect(left).toEqual([answered, skipped, begun, third]);
      expect(await withdraw()).toEqual([open, other, 'never sent.png']);
      await expect(people.answer(projectId, open, choice(open))).rejects.toThrow();
      expect(await board.readProgress(projectId)).toEqual({ tasks: 4, answered: 1, skipped: 1 });
    });

    test('withdrawn tasks come back with their predictions, but one that was answered meanwhile', async () => {
      const projectId = await newProject();
      const tasks = reviewTasks(3);
      const keys = tasks.map(({ key }) => key);
      const shelved = { projectId, keys, shelf: `${projectId} withdrawn` };
      await board.ensureTasks({ projectId, tasks });
      expect(await board.returnTasks(shelved)).toEqual([]);
      expect(await board.withdrawTasks(shelved)).toEqual(keys);
      expect(await people.storedTasks(projectId)).toEqual([]);
      expect(await board.readProgress(projectId)).toEqual({ tasks: 0, answered: 0, skipped: 0 });

      const [shelf] = await people.projectsTitled(shelved.shelf);
      await people.answer(shelf!, keys[1]!, choice(keys[1]!));
      const answered = await reviewed(shelf!, { answered: true });
      expect(answered.map(({ key, annotations }) => [key, annotations.length])).toEqual([[keys[1], 1]]);

      expect(await board.returnTasks(shelved)).toEqual([keys[1]]);
      const left = await people.storedTasks(projectId);
      expect(left.map(({ key, predictions }) => [key, predictions.length])).toEqual([
        [keys[0], 1],
        [keys[2], 1],
      ]);
      expect(await board.ensureTasks({ projectId, tasks: [tasks[0]!, tasks[2]!] })).toEqual({
        created: 0,
        existing: 2,
      });
      expect(await people.storedTasks(shelf!)).toHaveLength(1);
    });

    test('the cycle that a task was sent with is told, and progress counts it by itself', async () => {
      const projectId = await newProject();
      const tasks = reviewTasks(4).map((task, index) => ({ ...task, cycle: index < 3 ? 1 : 12 }));
      await board.ensureTasks({ projectId, tasks });
      expect(await board.ensureTasks({ projectId, tasks })).toEqual({ created: 0, existing: 4 });
      expect((await reviewed(projectId)).map(({ cycle }) => cycle)).toEqual([1, 1, 1, 12]);
      await people.answer(projectId, tasks[0]!.key, choice(tasks[0]!.key));
      await people.skip(projectId, tasks[1]!.key);
      await people.answer(projectId, tasks[3]!.key, []);
      const of = (cycle: number) => board.readCycleProgress({ projectId, cycle });
      expect(await of(1)).toEqual({ tasks: 3, answered: 1, skipped: 1 });
      expect(await of(12)).toEqual({ tasks: 1, answered: 1, skipped: 0 });
      expect(await of(2)).toEqual({ tasks: 0, answered: 0, skipped: 0 });
    });

    test('annotations come oldest first, skips and empty answers included', async () => {
      const projectId = await newProject();
      const [one, two, three] = reviewTasks(3);
      await board.ensureTasks({ projectId, tasks: [one!, two!, three!] });
      await people.skip(projectId, one!.key);
      await people.answer(projectId, one!.key, choice(one!.key, contractClasses[2]));
      await people.answer(projectId, two!.key, []);
      const [first, second, third] = await reviewed(projectId);
      expect(first).toMatchObject({ key: one!.key, imageUrl: one!.imageUrl });
      expect(first!.annotations.map(({ wasCancelled }) => wasCancelled)).toEqual([true, false]);
      const [, answer] = first!.annotations;
      expect(answer!.result).toMatchObject(choice(one!.key, contractClasses[2]));
      expect(Number.isNaN(Date.parse(answer!.createdAt))).toBe(false);
      expect(second!.annotations.map(({ result }) => result)).toEqual([[]]);
      expect(third!.annotations).toEqual([]);
    });

    test('an answer in the editor tells the prediction that it began from', async () => {
      const projectId = await newProject();
      const [one, two] = reviewTasks(2);
      await board.ensureTasks({ projectId, tasks: [one!, two!] });
      await people.answerSuggestion(projectId, one!.key, choice(one!.key, contractClasses[1]));
      await people.answer(projectId, two!.key, choice(two!.key));
      const [first, second] = await reviewed(projectId);
      expect(first!.annotations[0]!.startedFrom).toMatchObject({
        modelVersion: 'run-1',
        result: one!.prediction!.result,
      });
      expect(second!.annotations[0]!.startedFrom).toBeNull();
    });

    test('a corrected answer keeps its id and gets a later time', async () => {
      const projectId = await newProject();
      const [task] = reviewTasks(1);
      await board.ensureTasks({ projectId, tasks: [task!] });
      await people.answer(projectId, task!.key, choice(task!.key));
      const before = (await reviewed(projectId))[0]!.annotations;
      await people.revise(projectId, task!.key, choice(task!.key, contractClasses[1]));
      const after = (await reviewed(projectId))[0]!.annotations;
      expect(after).toHaveLength(1);
      expect(after[0]).toMatchObject({ id: before[0]!.id, result: choice(task!.key, contractClasses[1]) });
      expect(Date.parse(after[0]!.updatedAt)).toBeGreaterThan(Date.parse(before[0]!.updatedAt));
    });

    test('tasks are listed by what changed after a moment: answered, corrected or taken back', async () => {
      const projectId = await newProject();
      const tasks = reviewTasks(4);
      await board.ensureTasks({ projectId, tasks });
      const [corrected, retracted, answered] = tasks.map(({ key }) => key) as [string, string, string];
      for (const key of [corrected, retracted]) await people.answer(projectId, key, choice(key));
      const times = (await reviewed(projectId)).flatMap(({ annotations }) =>
        annotations.map(({ updatedAt }) => updatedAt),
      );
      const changed = (changedSince: string) => reviewed(projectId, { changedSince });
      // What was answered last may still be listed: a server notes the task's change after the answer's.
      const newest = times.sort().at(-1)!;
      expect((await changed(newest)).map(({ key }) => key).filter((key) => key !== retracted)).toEqual([]);
      await people.revise(projectId, corrected, choice(corrected, contractClasses[1]));
      await people.retract(projectId, retracted);
      await people.answer(projectId, answered, choice(answered));
      const found = await changed(newest);
      expect(found.map(({ key, annotations }) => [key, annotations.length])).toEqual([
        [corrected, 1],
        [retracted, 0],
        [answered, 1],
      ]);
    });

    test('more tasks than a page holds are all listed once', async () => {
      const projectId = await newProject();
      const tasks = reviewTasks(450, null);
      await board.ensureTasks({ projectId, tasks });
      const sizes: number[] = [];
      const keys: string[] = [];
      for await (const page of board.listReviewedTasks(projectId)) {
        sizes.push(page.length);
        keys.push(...page.map(({ key }) => key));
      }
      expect(keys).toEqual(tasks.map(({ key }) => key));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(200);
    });

    test('an aborted call throws the abort', async () => {
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(board.check(signal)).rejects.toThrow('enough');
    });
  });
}
