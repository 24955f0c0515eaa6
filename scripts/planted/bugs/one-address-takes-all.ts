import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'One address may have every connection.',
  edits: [
    {
      file: 'replica/program/acceptor.ts',
      find: 'return fromThere >= perAddressMax',
      put: 'return fromThere > connectionsMax',
    },
  ],
  caughtBy: [
    {
      file: 'replica/program/acceptor.test.ts',
      name: 'one address gets no more than its share, so that others are let in; a node is let in from there as well',
    },
  ],
}
