import type { Done } from '../../protocol/change-messages.ts'
import { digestOf } from '../../protocol/digest.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { parsePath } from '../../protocol/path.ts'
import { behindText, changeLines, copiesText, lateSentence, remarkLines } from './change-lines.ts'
import { colours, plain } from './paint.ts'

const [server1, server2, server3] = ['server1', 'server2', 'server3'] as [NodeName, NodeName, NodeName]
const path = parsePath('report.pdf')
const { digest } = digestOf(Buffer.from('x'))
const told = { command: 'put', subject: 'report.pdf', nothingToDo: 'is there already' }
const done: Done = {
  op: { epoch: 3, seq: 812, type: 'put', path },
  ...{ digest, size: 2_202_010, applied: [server1, server2], behind: [], kept: [], replaced: [], of: 2 },
  ...{ error: null, outcome: 'committed' },
}
const down = { node: server3, reason: 'down 3 min', behindOps: 2 }

test('a change is one line: what it was, how much, its number, how many have it', () => {
  expect(changeLines(told, done, plain)).toEqual(['put report.pdf  2.1 MiB  seq 812  copies 2 of 2'])
})

test('what has no content has no size, and what was not needed says so', () => {
  expect(changeLines({ ...told, command: 'mkdir' }, { ...done, digest: null, size: 0 }, plain)).toEqual([
    'mkdir report.pdf  seq 812  copies 2 of 2',
  ])
  expect(changeLines(told, { ...done, op: null }, plain)).toEqual(['put report.pdf  is there already'])
})

test('who is behind is told, with colour for those who see it', () => {
  expect(copiesText({ ...done, behind: [down], of: 3 }, plain)).toBe(
    'copies 2 of 3 · behind: server3 (down 3 min)',
  )
  expect(copiesText({ ...done, behind: [down], of: 3 }, colours)).toContain('\u001b[33mbehind: ')
  expect(behindText([down, { ...down, node: server2, reason: '' }])).toBe('server3 (down 3 min), server2')
})

describe('what is to be said of single nodes', () => {
  test('is what was kept: the path only where it is another', () => {
    const kept = [
      { node: server2, path, reason: 'it was changed on this disk' },
      { node: server3, path: parsePath('other'), reason: 'a folder stands there' },
    ]
    expect(remarkLines({ ...done, kept })).toEqual([
      '  kept on server2: it was changed on this disk',
      '  kept on server3: other, a folder stands there',
    ])
  })

  test('is what gave way, where that was none of ours', () => {
    const replaced = [
      { node: server1, digest, cause: null },
      { node: server2, digest, cause: 'edited-on-disk' as const },
    ]
    expect(remarkLines({ ...done, replaced })).toEqual([
      expect.stringMatching(/^ {2}replaced on server2: b3:[0-9a-f]{4}…, edited on disk, now in its history$/),
    ])
  })

  test('is no more than twenty lines of a kind', () => {
    const kept = Array.from({ length: 22 }, () => ({ node: server2, path, reason: 'x' }))
    const lines = remarkLines({ ...done, kept })
    expect(lines).toHaveLength(21)
    expect(lines.at(-1)).toBe('  … and 2 more: --json lists them')
    expect(remarkLines({ ...done, kept: kept.slice(2) })).toHaveLength(20)
  })
})

test.each([
  ['committed', done.op, 'too late (committed as seq 812)'],
  ['committed', null, 'too late'],
  ['unknown', done.op, 'too late (outcome unknown)'],
  ['unknown', null, 'too late (outcome unknown)'],
] as const)('an error behind the point of no return, %s', (outcome, op, message) => {
  const error = { code: 'TIMEOUT' as const, message: 'too late' }
  expect(lateSentence({ ...done, op, outcome, error })).toEqual({ code: 'TIMEOUT', message })
})
