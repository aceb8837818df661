import { TestEnvironment } from 'jest-environment-node';

/** Jest gives each test file typed arrays of its own; onnxruntime's native part makes those of the process. Both must be one. */
class NativeArraysEnvironment extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    Object.assign(this.global, { Float32Array, Float64Array, BigInt64Array, Int32Array, Uint8Array });
  }
}

// eslint-disable-next-line import-x/no-default-export -- Jest loads an environment by its default export.
export default NativeArraysEnvironment;
