import {
  DomainError,
  judge,
  ServiceRejectedError,
  ServiceUnavailableError,
  TrainerError,
  UnexpectedResponseError,
} from '../../core/errors.ts';

test.each<[unknown, object]>([
  [new ServiceUnavailableError('x'), { retry: true }],
  [new ServiceUnavailableError('x', { retryAfterMs: 500 }), { retry: true, afterMs: 500 }],
  [new ServiceRejectedError('x', { status: 401 }), { retry: false }],
  [new UnexpectedResponseError('x'), { retry: false }],
  [new DomainError('x'), { retry: false }],
  [new TrainerError('x', { retryable: true }), { retry: true }],
  [new TrainerError('x', { retryable: false }), { retry: false }],
  [new TypeError('a bug'), { retry: true }],
  ['thrown text', { retry: true }],
])('judges %s', (error, verdict) => {
  expect(judge(error)).toEqual(verdict);
});

test('every error keeps its class name, message and cause', () => {
  const cause = new Error('below');
  for (const [error, name] of [
    [new ServiceUnavailableError('m', { cause }), 'ServiceUnavailableError'],
    [new ServiceRejectedError('m', { status: 400, cause }), 'ServiceRejectedError'],
    [new UnexpectedResponseError('m', { cause }), 'UnexpectedResponseError'],
    [new DomainError('m', { cause }), 'DomainError'],
    [new TrainerError('m', { retryable: true, cause }), 'TrainerError'],
  ] as const) {
    expect(error).toMatchObject({ name, message: 'm', cause });
    expect(String(error)).toBe(`${name}: m`);
  }
});
