import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A proof says nothing of the channel that it was made for.',
  edits: [
    {
      file: 'protocol/proof.ts',
      find: 'said.channel?.binding]',
      put: 'null]',
    },
  ],
  caughtBy: [
    {
      file: 'replica/program/tls-peers.test.ts',
      name: 'a server that speaks TLS passes nothing on to whoever stands between and has a good certificate himself',
    },
  ],
}
