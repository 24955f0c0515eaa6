import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The least version of TLS is what Node takes by itself.',
  edits: [
    {
      file: 'protocol/tls-context.ts',
      find: "    minVersion: 'TLSv1.3',\n",
      put: '',
    },
  ],
  caughtBy: [
    {
      file: 'replica/program/tls-peers.test.ts',
      name: 'a server that speaks TLS refuses TLS 1.2, and goes on',
    },
  ],
}
