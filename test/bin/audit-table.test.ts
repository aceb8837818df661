import { auditTable } from '../../bin/audit-table.ts';
import { agreementOf } from '../../core/agreement/agreement.ts';
import { objectAgreementOf } from '../../core/agreement/object-agreement.ts';

const line = {
  cycle: 1,
  purpose: 'score',
  asked: 20,
  sent: 20,
  answered: 17,
  collected: 17,
  skipped: 1,
  open: 2,
  withdrawn: 0,
};
const none = { added: 0, corrected: 0, deleted: 0 };
const lines = [
  { ...line, known: 0, unsent: 0 },
  { ...line, cycle: 2, known: 0, unsent: 0 },
];

test('an audit that balances', () => {
  expect(
    auditTable({
      lines,
      faults: [],
      excluded: [{ path: 'a', why: 'ada: blurred' }],
      agreement: null,
      objects: null,
      uncollected: none,
      stale: [],
    }),
  ).toBe(
    [
      'cycle  asked as  asked  sent  answered  collected  skipped  open  withdrawn  known  unsent',
      '    1  score        20    20        17         17        1     2          0      0       0',
      '    2  score        20    20        17         17        1     2          0      0       0',
      '       all          40    40        34         34        2     4          0      0       0',
      '',
      'excluded: a: ada: blurred',
      '',
      'It balances: asked = sent + known + unsent, sent = answered + skipped + open + withdrawn; nothing is lost, nothing is doubled.',
    ].join('\n'),
  );
});

test('faults are named, and annotators held against one another', () => {
  const agreement = agreementOf(
    ['a', 'b', 'c'].flatMap((path, index) => [
      { path, annotator: '1', label: index === 0 ? 'cat' : 'dog' },
      { path, annotator: '2', label: index === 1 ? 'cat' : index === 0 ? 'cat' : 'dog' },
    ]),
    ['cat', 'dog'],
  );
  const text = auditTable({
    lines,
    faults: [{ path: 'a', text: 'has 2 tasks.' }],
    excluded: [],
    agreement,
    objects: null,
    uncollected: { added: 2, corrected: 1, deleted: 0 },
    stale: [2, 3],
  });
  expect(text).toContain('1          2                3    67 %  0.40');
  expect(text).toContain("3 datapoints with two labels or more: Krippendorff's α 0.44, Fleiss' κ 0.33");
  expect(text).toMatch(/disputed: b: 1 "dog", 2 "cat"; together "(cat|dog)" \(\d+ %\)/);
  expect(text).toContain('Not collected yet: 2 new annotations, 1 corrected and 0 deleted ones.');
  expect(text).toContain(
    'The models of cycles 2, 3 learnt from, or were measured on, labels that people corrected or deleted since (MLflow tag labelloop.stale).',
  );
  expect(text).toContain('fault: a has 2 tasks.');
  expect(text).toContain('It does not balance: 1 fault.');
});

test('who draws is held against whoever else drew', () => {
  const box = { label: 'tooth', shape: { kind: 'box' as const, boxPx: [0, 0, 10, 10] as const } };
  const objects = objectAgreementOf([
    { path: 'a', annotator: '1', truth: { objects: [box], sizePx: null } },
    { path: 'a', annotator: '2', truth: { objects: [box, box], sizePx: null } },
  ]);
  const text = auditTable({
    lines,
    faults: [],
    excluded: [],
    agreement: null,
    objects,
    uncollected: none,
    stale: [],
  });
  // One pair of three objects.
  expect(text).toContain('1          2                 1  0.67      1.00     –');
  expect(text).toContain('all                          1  0.67      1.00     –');
});
