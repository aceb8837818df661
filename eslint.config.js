import { builtinModules } from 'node:module';
import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Who may import whom; the table of README's map. `types` may be imported as types only. */
const mayImport = {
  core: [],
  services: ['core'],
  engine: ['core'],
  models: ['core'],
  activities: ['core'],
  workflows: ['core', 'activities'],
  client: ['core', 'workflows'],
  stack: ['core', 'services', 'engine'],
  workers: ['core', 'services', 'models', 'activities', 'workflows'],
  demo: ['core', 'services', 'client', 'workflows', 'stack', 'workers'],
  bin: ['core', 'services', 'engine', 'models', 'activities', 'client', 'stack', 'workers', 'demo'],
};
const folders = Object.keys(mayImport);
const zones = folders.flatMap((folder) =>
  folders
    .filter((other) => other !== folder && !mayImport[folder].includes(other))
    .map((other) => ({
      target: `./${folder}`,
      from: `./${other}`,
      message: `${folder}/ may import ${mayImport[folder].join(', ') || 'nobody of ours'} (docs/decisions.md).`,
    })),
);
/** The services are siblings; they share only services/http.ts. */
const siblings = ['dagshub', 'mlflow', 'label-studio', 'temporal'];
const siblingZones = siblings.flatMap((one) =>
  siblings
    .filter((other) => other !== one)
    .map((other) => ({
      target: `./services/${one}`,
      from: `./services/${other}`,
      message: 'A service does not know its siblings.',
    })),
);

export default tseslint.config(
  // AssemblyScript is no TypeScript, but looks like it.
  {
    ignores: ['dist/', 'node_modules/', '.labelloop/', 'coverage/', 'models/images/assembly/**/*.ts'],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    files: ['**/*.ts', '**/*.js'],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.js'] } } },
    settings: { 'import-x/resolver': { typescript: true, node: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'import-x/no-restricted-paths': ['error', { zones: [...zones, ...siblingZones] }],
    },
  },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: builtinModules.map((name) => ({
            name,
            message: 'A workflow is replayed: no Node built-in here.',
          })),
          patterns: [{ group: ['node:*'], message: 'A workflow is replayed: no Node built-in here.' }],
        },
      ],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/activities/**'],
              allowTypeImports: true,
              message: 'A workflow knows activities by their types only.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['core/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: ['node:*', '@temporalio/*'] }] },
  },
  {
    files: ['*.config.js'],
    rules: { 'import-x/no-default-export': 'off' },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
  // Activities are methods that no worker calls on their object.
  { files: ['bench/**/*.ts', 'test/**/*.ts'], rules: { '@typescript-eslint/unbound-method': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
);
