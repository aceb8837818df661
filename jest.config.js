/** Tests run as CommonJS through swc: mocks work, and no flag is needed. See docs/decisions.md. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  transform: {
    '^.+\\.(t|j)sx?$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  extensionsToTreatAsEsm: [],
  // onnx-buf is published as ESM only.
  transformIgnorePatterns: ['/node_modules/(?!onnx-buf/)'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.labelloop'],
  testTimeout: 30_000,
};
