import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A node may show the certificate of another one.',
  edits: [
    {
      file: 'replica/program/named-peer.ts',
      find: 'name === null || !channel.peerNames.includes(name)',
      put: 'name === null',
    },
  ],
  caughtBy: [
    {
      file: 'replica/program/tls-peers.test.ts',
      name: 'a server that speaks TLS refuses a coordinator with the certificate of another node, and goes on',
    },
  ],
}
