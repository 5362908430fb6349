import { availableParallelism } from 'node:os';

const parserSchemas = '@actions/workflow-parser/dist/.*-schema\\.js$';

export default {
  testEnvironment: 'node',
  // Many tests wait for other processes, so one worker more than there are processors is busy.
  maxWorkers: availableParallelism() + 1,
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
