import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A relay takes from one side whatever the other is slow to take.',
  edits: [
    {
      file: 'replica/relayed-bytes.ts',
      find: 'if (this.bytes > relayedBytesPause) this.source.pauseReading()',
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/relay.test.ts', name: 'while a client takes nothing at all' }],
}
