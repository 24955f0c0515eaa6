import { fileCopy } from '../../fixtures/scripted-node.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { judge } from '../../protocol/verdict.ts'
import {
  absenceNotes,
  causeText,
  holdersText,
  neverReplicated,
  reasonOf,
  shortDigest,
} from './version-words.ts'

const node = (name: string) => name as NodeName
const verdict = judge([
  { node: node('server1'), copy: fileCopy('A') },
  { node: node('server2'), copy: fileCopy('A') },
])

test('holders and digests are told for the eye', () => {
  expect(holdersText(verdict.versions[0]!)).toBe('server1 = server2')
  expect(shortDigest(`b3:${'5f1c'.repeat(16)}`)).toBe('b3:5f1c…')
})

test.each([
  [null, null, ''],
  ['bit-rot', null, 'bit rot'],
  ['never-replicated', null, 'never replicated'],
  ['edited-on-disk', 'equals seq 3', 'edited on disk, equals seq 3'],
  ['behind', '3 operations behind', '3 operations behind'],
  [null, 'a link\u001b[2J', 'a link\ufffd[2J'],
] as const)('a cause of %p with the note %p is told as %j', (cause, note, text) => {
  expect(causeText({ type: 'file', cause, note })).toBe(text)
})

test('that nothing was ever replicated is said once for all versions, and only then', () => {
  const of = (...causes: ('never-replicated' | 'behind' | null)[]) =>
    neverReplicated({ ...verdict, versions: causes.map(cause => ({ ...verdict.versions[0]!, cause })) })
  expect([of('never-replicated', 'never-replicated'), of('never-replicated', 'behind'), of(null)]).toEqual([
    true,
    false,
    false,
  ])
})

describe('nodes that do not count', () => {
  const [second, third, fourth] = ['server2', 'server3', 'server4'].map(node) as [
    NodeName,
    NodeName,
    NodeName,
  ]
  const details = [
    { node: third, reason: '3 operations behind', behindOps: 3 },
    { node: fourth, reason: '', behindOps: null },
  ]

  test('are none where every one has the file', () => {
    expect(absenceNotes(verdict)).toEqual([])
  })

  test('are told with their reasons, those that merely lack it together', () => {
    const lacking = { ...verdict, missing: [second, third], stale: [third], unreachable: [fourth], details }
    expect(absenceNotes(lacking)).toEqual([
      '(missing on server2, server3)',
      '(server3 3 operations behind)',
      '(server4 did not answer)',
    ])
  })

  test('without a reason are told in words of our own, and reasons cannot move the cursor', () => {
    expect(reasonOf(second, details, 'is behind')).toBe('is behind')
    expect(reasonOf(fourth, details, 'is behind')).toBe('is behind')
    expect(reasonOf(second, [{ node: second, reason: 'is\u0007bad', behindOps: null }], 'x')).toBe(
      'is\ufffdbad',
    )
  })
})
