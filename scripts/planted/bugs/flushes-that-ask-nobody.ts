import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Every flush says that all is well, and asks nobody.',
  edits: [
    {
      file: 'replica/store/linux-disk.ts',
      find: "asked('fsync', () => fs.fsyncSync(fd))",
      put: '',
    },
    {
      file: 'replica/store/linux-disk.ts',
      find: "soon('fsync', done => fs.fsync(fd, done))",
      put: 'Promise.resolve()',
    },
    {
      file: 'replica/store/linux-disk.ts',
      find: "soon('fdatasync', done => fs.fdatasync(file, done))",
      put: 'Promise.resolve()',
    },
    {
      file: 'replica/store/linux-disk.ts',
      find: `    return new Promise((resolve, reject) => {
      this.calls.syncfs`,
      put: `    if (folder) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.calls.syncfs`,
    },
  ],
  caughtBy: [
    { file: 'replica/store/linux-disk.test.ts', name: 'flush asks the system' },
    { file: 'replica/store/linux-disk.test.ts', name: 'flushSoon asks the system' },
    { file: 'replica/store/linux-disk.test.ts', name: 'flushDataSoon asks the system' },
    { file: 'replica/store/linux-disk.test.ts', name: 'flushAllSoon asks the system' },
  ],
}
