import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A result that was kept back goes to history before it is on the disk.',
  edits: [
    {
      file: 'replica/store/install/new-file.ts',
      find: 'await ground.stages.flush(file.fd)',
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/store/install-order.test.ts', name: 'a result that is kept back' }],
}
