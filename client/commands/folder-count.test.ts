import { fileCopy } from '../../fixtures/scripted-node.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { judge, type NodeAnswer } from '../../protocol/verdict.ts'
import { FolderCount } from './folder-count.ts'
import type { Outcome } from './verified-read.ts'

const [server1, server2] = ['server1', 'server2'] as [NodeName, NodeName]
const absent = { is: 'absent' } as const
const verdictOf = (...answers: NodeAnswer[]) => judge(answers)
const kept = (count: number) => Array(count).fill('saved')

const same: Outcome = {
  ...{ path: 'a', error: null, kept: kept(1) },
  verdict: verdictOf({ node: server1, copy: fileCopy('aaaa') }, { node: server2, copy: fileCopy('aaaa') }),
}
const differing: Outcome = {
  ...{ path: 'b', error: null, kept: kept(2) },
  verdict: verdictOf({ node: server1, copy: fileCopy('bb') }, { node: server2, copy: fileCopy('c') }),
}
const lacking: Outcome = {
  ...{ path: 'c', error: null, kept: kept(1) },
  verdict: verdictOf({ node: server1, copy: fileCopy('x') }, { node: server2, copy: absent }),
}
const uncompared: Outcome = {
  ...{ path: 'd', error: null, kept: kept(1) },
  verdict: verdictOf(
    { node: server1, copy: fileCopy('x') },
    { node: server2, copy: null, reason: 'did not answer within 2 s' },
  ),
}
const failed: Outcome = {
  path: 'e',
  verdict: null,
  error: { code: 'CHANGED', message: 'it moved' },
  kept: [],
}

function counted(...outcomes: Outcome[]) {
  const count = new FolderCount()
  for (const outcome of outcomes) count.add(outcome)
  return { count, line: (unreachable: string[] = []) => count.line('photos/', unreachable) }
}

test('files that are the same everywhere are counted with their bytes', () => {
  const { count, line } = counted(same, same)
  expect([count.status, line()]).toEqual([0, '2 files  8 B  saved in photos/'])
})

test('nothing is counted as nothing', () => {
  expect(counted().line()).toBe('0 files  0 B  saved in photos/')
})

test('every version that was saved counts with its bytes, and one that was not does not', () => {
  expect(counted(differing).line()).toBe('1 file  3 B  saved in photos/  1 with copies that differ')
  expect(counted({ ...differing, kept: ['saved', null] }).line()).toContain('1 file  2 B')
})

test.each([
  [[same], 0],
  [[same, differing], 1],
  [[failed, differing, same], 2],
  [[lacking, uncompared], 0],
] as const)('the status is that of the worst', (outcomes, status) => {
  expect(counted(...outcomes).count.status).toBe(status)
})

test('what failed and what was skipped is said, and brings no bytes', () => {
  const { count, line } = counted(same, failed)
  count.skipped = 2
  expect(line()).toBe('2 files  4 B  saved in photos/  1 failed  2 skipped')
})

test('what nodes lack is counted, and what is to be said of a node is said once', () => {
  const { line } = counted(lacking, lacking, uncompared, uncompared)
  expect(line()).toBe(
    '4 files  4 B  saved in photos/  (2 missing on server2)  (server2 did not answer within 2 s)',
  )
  expect(line(['server2 did not answer within 2 s', 'server3 is down'])).toBe(
    '4 files  4 B  saved in photos/  (2 missing on server2)  (server2 did not answer within 2 s)  (server3 is down)',
  )
})
