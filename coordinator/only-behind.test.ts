import { fileCopy } from '../fixtures/scripted-node.ts'
import type { Copy, JournaledAt } from '../protocol/copies.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { Lag } from '../protocol/journaled.ts'
import type { NodeAnswer } from '../protocol/verdict.ts'
import { onlyBehind } from './only-behind.ts'

const [old, now, edited] = [fileCopy('old'), fileCopy('now'), fileCopy('edited')]
const absent: Copy = { is: 'absent' }
const folder: Copy = { is: 'folder' }
const link: Copy = { is: 'other', what: 'link' }
const unreadable: Copy = { is: 'unreadable', reason: 'no' }

const moving: Lag = { behindOps: 3, isMoving: true }
const stuck: Lag = { behindOps: 3, isMoving: false }

/** What a node's journal says: record 9 is the latest, 5 the one before; each made the path what is said. */
const latest = (copy: Copy): JournaledAt => ({ pathSeq: 9, ...madeOf(copy) })
const older = (copy: Copy): JournaledAt => ({ pathSeq: 5, ...madeOf(copy) })
const never: JournaledAt = { pathSeq: 0, made: 'absent', journaled: null }
/** The latest record moved a file that was never written through us. */
const moved: JournaledAt = { pathSeq: 9, made: 'file', journaled: null }

function madeOf(copy: Copy): Pick<JournaledAt, 'made' | 'journaled'> {
  if (copy.is === 'file') return { made: 'file', journaled: copy.digest }
  return { made: copy.is === 'folder' ? 'folder' : 'absent', journaled: null }
}

type Said = readonly [Copy, JournaledAt] | string | null

/** @returns for each node whether it is only behind: `~`, else `.` */
function judged(said: readonly Said[], lag: Lag | null = moving, behind = 'server2') {
  const answers = said.map((one, at): NodeAnswer | null => {
    const node = `server${at + 1}` as NodeName
    if (one === null) return null
    return typeof one === 'string' ? { node, copy: null, reason: one } : { node, copy: one[0], at: one[1] }
  })
  const lags = new Map(lag === null ? [] : [[behind as NodeName, lag]])
  return onlyBehind(answers, lags)
    .map(isBehind => (isBehind ? '~' : '.'))
    .join('')
}

describe('a node that is catching up and moves', () => {
  test('is only behind with its own install of an older version', () => {
    expect(
      judged([
        [now, latest(now)],
        [old, older(old)],
      ]),
    ).toBe('.~')
  })

  test('is only behind with nothing, where it has not settled the first record', () => {
    expect(
      judged([
        [now, latest(now)],
        [absent, never],
      ]),
    ).toBe('.~')
    expect(
      judged([
        [folder, latest(folder)],
        [absent, never],
      ]),
    ).toBe('.~')
  })

  test('is only behind with nothing, where an older record deleted the file', () => {
    expect(
      judged([
        [now, latest(now)],
        [absent, older(absent)],
      ]),
    ).toBe('.~')
  })

  test('is only behind with a file that was deleted since', () => {
    expect(
      judged([
        [absent, latest(absent)],
        [old, older(old)],
      ]),
    ).toBe('.~')
  })

  test('is only behind with a folder that an older record made', () => {
    expect(
      judged([
        [absent, latest(absent)],
        [folder, older(folder)],
      ]),
    ).toBe('.~')
    expect(
      judged([
        [now, latest(now)],
        [folder, older(folder)],
      ]),
    ).toBe('.~')
  })

  test('is not with a file that was edited on its disk', () => {
    expect(
      judged([
        [now, latest(now)],
        [edited, older(old)],
      ]),
    ).toBe('..')
    expect(
      judged([
        [now, latest(now)],
        [edited, never],
      ]),
    ).toBe('..')
  })

  test('is not with nothing, where a file was deleted on its disk', () => {
    expect(
      judged([
        [now, latest(now)],
        [absent, older(old)],
      ]),
    ).toBe('..')
  })

  test('is not where it has settled the latest record', () => {
    expect(
      judged([
        [now, latest(now)],
        [old, latest(now)],
      ]),
    ).toBe('..')
    expect(
      judged([
        [now, latest(now)],
        [absent, latest(now)],
      ]),
    ).toBe('..')
  })

  test.each([
    ['a folder that was made by hand', folder],
    ['a link', link],
    ['a file that cannot be read', unreadable],
  ])('is not with %s', (_, copy) => {
    expect(
      judged([
        [now, latest(now)],
        [copy, older(old)],
      ]),
    ).toBe('..')
    expect(
      judged([
        [absent, latest(absent)],
        [copy, older(absent)],
      ]),
    ).toBe('..')
  })

  test('is not where it could not be asked, or was not', () => {
    expect(judged([[now, latest(now)], 'did not answer'])).toBe('..')
    expect(judged([[now, latest(now)], null])).toBe('..')
  })
})

describe('nobody is only behind', () => {
  const behind: Said = [old, older(old)]

  test('who does not move, or has everything', () => {
    expect(judged([[now, latest(now)], behind], stuck)).toBe('..')
    expect(judged([[now, latest(now)], behind], null)).toBe('..')
    expect(judged([[now, latest(now)], behind], moving, 'server3')).toBe('..')
  })

  test('at a path that no record named', () => {
    expect(
      judged([
        [now, never],
        [absent, never],
      ]),
    ).toBe('..')
  })

  test.each<[string, Copy]>([
    ['was edited', edited],
    ['was deleted', absent],
    ['is a folder', folder],
    ['is a link', link],
  ])('where another copy %s: they would not be the same afterwards', (_, copy) => {
    expect(judged([[copy, latest(now)], behind])).toBe('..')
    expect(judged([[now, latest(now)], behind, [copy, latest(now)]])).toBe('...')
  })

  test('where a file lies that was deleted through us, and is not behind', () => {
    expect(judged([[edited, latest(absent)], behind])).toBe('..')
  })

  test('where a folder was made by hand of what was deleted', () => {
    expect(
      judged([
        [folder, latest(absent)],
        [absent, never],
      ]),
    ).toBe('..')
  })

  test('where nobody knows what the latest record made', () => {
    expect(judged([[now, moved], behind])).toBe('..')
  })
})

test('a third node that cannot be compared does not keep another from being only behind', () => {
  const said: Said[] = [
    [now, latest(now)],
    [old, older(old)],
  ]
  for (const third of ['did not answer', null, [unreadable, latest(now)] as const])
    expect(judged([...said, third])).toBe('.~.')
})
