const parserSchemas = '@actions/workflow-parser/dist/.*-schema\\.js$';

export default {
  testEnvironment: 'node',
  // Many tests wait for other processes, so more workers than processors are busy.
  maxWorkers: '150%',
  extensionsToTreatAsEsm: ['.ts'],
  // Most tests send real requests and write real files, which takes long on a busy machine.
  testTimeout: 20_000,
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } } }],
    [parserSchemas]: '<rootDir>/__tests__/harness/json-imports.ts',
  },
  transformIgnorePatterns: [`/node_modules/(?!${parserSchemas})`],
  modulePathIgnorePatterns: ['<rootDir>/build/'],
};
