import { statusOfTwo } from '../../fixtures/client-server.ts'
import type { Status } from '../../protocol/messages.ts'
import { nodeToSpread, spreadLine } from './spread.ts'

type Replica = Partial<Status['replicas'][number]>

/** Both counted a second ago: three files on server1, two on server2. */
function status(replica: Replica = {}, coordinator: Partial<Status['coordinator']> = {}): Status {
  return {
    coordinator: { ...statusOfTwo.coordinator, files: 3, scanAgeMs: 1_000, ...coordinator },
    replicas: [{ ...statusOfTwo.replicas[0]!, files: 2, scanAgeMs: 1_000, lagOps: 0, ...replica }],
    locks: [],
    conflicts: null,
  }
}

test('the node that has the most files is the one to spread, whichever it is', () => {
  expect(nodeToSpread(status(), null)).toBe('server1')
  expect(nodeToSpread(status({ files: 4 }), null)).toBe('server2')
  expect(nodeToSpread(status({ files: 3 }), null)).toBeNull()
})

test.each<[string, Replica, Partial<Status['coordinator']>]>([
  ['somebody is behind', { lagOps: 1 }, {}],
  ['somebody is not there', { state: 'suspect' }, {}],
  ['no changes are taken', {}, { state: 'refusing-changes' }],
  ['somebody has not counted yet', { files: null, scanAgeMs: null }, {}],
])('nothing is to be spread while %s', (_, replica, coordinator) => {
  expect(nodeToSpread(status(replica, coordinator), null)).toBeNull()
})

test('counts from before the last change say nothing', () => {
  expect(nodeToSpread(status(), 1_000)).toBeNull()
  expect(nodeToSpread(status(), 1_001)).toBe('server1')
  expect(nodeToSpread(status({ scanAgeMs: 3_000 }), 2_000)).toBeNull()
})

test('the next command tries it first', () => {
  expect(spreadLine('server1' as never)).toContain('concur resolve --all --keep server1 --dry-run')
})
