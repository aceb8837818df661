import { InferenceSession, listSupportedBackends } from 'onnxruntime-node';
import { DomainError } from '../../core/errors.ts';
import { GraphBuilder } from '../trainers/graph/graph-builder.ts';
import { inferDevices, type InferDevice } from './infer-devices.ts';
import { sessionWith } from './session-options.ts';

/** Where ONNX Runtime's package can compute on each, and what that takes. */
const needs: Readonly<Record<InferDevice, { readonly systems: string; readonly install: string }>> = {
  cpu: { systems: 'all systems', install: 'onnxruntime-node for this system' },
  cuda: {
    systems: 'Linux on x64',
    install:
      "an NVIDIA driver, the libraries of CUDA 13 and cuDNN 9 where the system's loader finds them, and ONNX Runtime's provider, " +
      'which "npm ci" leaves out; docs/gpu.md says how',
  },
  dml: { systems: 'Windows', install: 'a DirectX 12 graphics card and its driver' },
  coreml: { systems: 'macOS', install: 'a Mac with Apple silicon' },
};

/**
 * Opens a session of one node on the device, so that a worker which cannot compute there says so as it starts, and not in its first shard.
 *
 * @throws {@link DomainError} that names what is missing and what to install.
 */
export async function checkInferDevice(device: InferDevice): Promise<void> {
  const { systems, install } = needs[device];
  if (!listSupportedBackends().some(({ name }) => name === device))
    throw new DomainError(
      `LABELLOOP_INFER_DEVICE: ${device} is for ${systems}, and this is ${process.platform} on ${process.arch}; ` +
        `choose another of ${inferDevices.join(', ')}.`,
    );
  try {
    const session = await InferenceSession.create(oneNode(), sessionWith(1, device));
    await session.release();
  } catch (cause) {
    throw new DomainError(
      `LABELLOOP_INFER_DEVICE: ONNX Runtime cannot open ${device} (${reasonOf(cause)}). It needs ${install}. Or choose cpu.`,
      { cause },
    );
  }
}

/** Of what CUDA says the words alone, without where in the code it was; which library is missing is told to stderr alone. */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (text.includes('load shared library')) return 'a library is missing; the line before this one names it';
  return /CUDA failure \d+: [^;]*[^; ]/.exec(text)?.[0] ?? text;
}

function oneNode(): Uint8Array {
  const graph = new GraphBuilder();
  graph.output(graph.node('Identity', [graph.input('x', 'float32', [1])], [1]), 'y');
  return graph.build('one node');
}
