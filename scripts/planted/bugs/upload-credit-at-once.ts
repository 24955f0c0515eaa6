import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A client is given credit for bytes that no node has taken.',
  edits: [
    {
      file: 'coordinator/changing/client-bytes.ts',
      find: `            stream.consumed(bodyBytes)
          })`,
      put: `          })
        stream.consumed(bodyBytes)`,
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/changing/client-bytes.test.ts',
      name: 'the client gets credit for a piece when the nodes have taken it',
    },
  ],
}
