import { DomainError } from '../../../core/errors.ts';
import { checkInferDevice } from '../../../models/runner/infer-device.ts';

test('the processor is always there', async () => {
  await expect(checkInferDevice('cpu')).resolves.toBeUndefined();
});

const isLinux = process.platform === 'linux' && process.arch === 'x64';

(isLinux ? test : test.skip)('a provider that is not installed is named, with what to install', async () => {
  // `npm ci` skips the CUDA provider, so it is on no machine of ours.
  const error: unknown = await checkInferDevice('cuda').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(DomainError);
  expect((error as Error).message).toMatch(
    /^LABELLOOP_INFER_DEVICE: ONNX Runtime cannot open cuda \(a library is missing; .+\)\. It needs an NVIDIA driver, .*docs\/gpu\.md says how\. Or choose cpu\.$/,
  );
});

test('a device of another system is named as such', async () => {
  const elsewhere = process.platform === 'win32' ? 'coreml' : 'dml';
  await expect(checkInferDevice(elsewhere)).rejects.toThrow(
    `LABELLOOP_INFER_DEVICE: ${elsewhere} is for ${elsewhere === 'dml' ? 'Windows' : 'macOS'}, and this is ${process.platform}`,
  );
});
