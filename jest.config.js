/** Tests run as CommonJS through swc: mocks work, and no flag is needed. See docs/decisions.md. */
const common = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  transform: {
    '^.+\\.(t|j)sx?$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  // These are published as ESM only.
  transformIgnorePatterns: ['/node_modules/(?!(onnx-buf|hyparquet|@thi.ng)/)'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.labelloop'],
};

export default {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: ['\\.stack\\.test\\.ts$'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
    {
      ...common,
      displayName: 'stack',
      testMatch: ['**/*.stack.test.ts'],
      globalSetup: '<rootDir>/test/support/stack-global-setup.ts',
      globalTeardown: '<rootDir>/test/support/stack-global-teardown.ts',
    },
  ],
  testTimeout: 30_000,
};
