export default {
  testEnvironment: 'node',
  // Generous: the machine may be busy. What must happen soon has a deadline of its own in its test.
  testTimeout: 60_000,
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  testMatch: ['**/*.test.ts'],
  // Tests wait for disks and timers: who runs them has little to do.
  maxWorkers: '100%',
  // A process keeps what it has loaded for each file, and is slow once that is much: another one goes on then.
  workerIdleMemoryLimit: '1GB',
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
}
