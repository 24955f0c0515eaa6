import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'An upload is taken from the client as fast as it comes, though a node is slower.',
  edits: [
    {
      file: 'coordinator/changing/incoming.ts',
      find: '    await this.forward(bytes)',
      put: '    void this.forward(bytes)',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/changing/incoming.test.ts',
      name: 'more may come only when every node has taken what came: the later bytes',
    },
  ],
}
