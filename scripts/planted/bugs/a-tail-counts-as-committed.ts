import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A replica that starts takes all that it has for committed, also what the coordinator had not made durable.',
  edits: [
    {
      file: 'replica/following.ts',
      find: 'this.committed = Math.min(store.journal.last.seq, store.journal.last.committedSeq)',
      put: 'this.committed = store.journal.last.seq',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/crash.cluster.test.ts',
      name: 'server1 loses power with the other one in the middle of mkdir -p',
    },
  ],
}
