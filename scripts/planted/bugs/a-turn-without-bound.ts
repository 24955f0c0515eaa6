import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'All that one peer has sent is worked on before anybody else has a turn.',
  edits: [
    {
      file: 'protocol/framed-transport.ts',
      find: '(++frames < framesPerTurnMax &&',
      put: '(++frames < Number.POSITIVE_INFINITY &&',
    },
  ],
  caughtBy: [
    { file: 'protocol/turns.test.ts', name: 'of many requests that arrive at once a turn works on some' },
  ],
}
