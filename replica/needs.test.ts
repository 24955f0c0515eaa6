import { turns } from '../fixtures/fake-time.ts'
import { ScriptedJournal } from '../fixtures/scripted-journal.ts'
import { digestOf } from '../protocol/digest.ts'
import type { StageId } from '../protocol/ids.ts'
import type { FilePath } from '../protocol/path.ts'
import { Needs } from './needs.ts'
import type { Obtained } from './store/store.ts'

const [first, second] = new ScriptedJournal().grow(2).entries as [
  ReturnType<ScriptedJournal['append']>,
  ReturnType<ScriptedJournal['append']>,
]
const staged: Obtained = { is: 'staged', stage: 'a'.repeat(32) as StageId }
const lost: Obtained = { is: 'lost', reason: 'nobody has it' }

let needs: Needs
/** The records that were asked for. */
let said: number[]

beforeEach(() => {
  said = []
  needs = new Needs()
  needs.begin(seq => said.push(seq))
})

test('what is needed is asked for once, however often it is needed meanwhile', async () => {
  const both = [needs.obtain(first), needs.obtain(first)]
  expect(said).toEqual([1])
  expect(needs.of(1)).toMatchObject({ entry: first, onOver: null })
  needs.give(1, staged)
  expect(await Promise.all(both)).toEqual([staged, staged])
  expect(needs.of(1)).toBeNull()
})

test('what was given is kept until its record is settled, also over a new link', async () => {
  const obtained = needs.obtain(first)
  needs.give(1, staged)
  await obtained
  needs.end()
  needs.begin(seq => said.push(seq))
  expect(await needs.obtain(first)).toEqual(staged)
  expect(said).toEqual([1])
  needs.settled(1)
  void needs.obtain(first).catch(() => {})
  expect(said).toEqual([1, 1])
})

test('what is settled is forgotten up to that record and no further', async () => {
  for (const [entry, obtained] of [
    [first, lost],
    [second, staged],
  ] as const) {
    const waiting = needs.obtain(entry)
    needs.give(entry.record.seq, obtained)
    await waiting
  }
  needs.settled(1)
  expect(await needs.obtain(second)).toEqual(staged)
  needs.settled(2)
  void needs.obtain(second).catch(() => {})
  expect(said).toEqual([1, 2, 2])
})

test('what nobody needs is not kept', async () => {
  needs.give(1, staged)
  const waiting = needs.obtain(first)
  expect(said).toEqual([1])
  needs.give(1, lost)
  expect(await waiting).toEqual(lost)
})

describe('a link that is gone', () => {
  test('takes every need with it, and the next one is asked anew', async () => {
    const waiting = needs.obtain(first)
    needs.end()
    await expect(waiting).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'the link to the coordinator is gone',
    })
    expect(needs.of(1)).toBeNull()
    needs.begin(seq => said.push(seq))
    const again = needs.obtain(first)
    expect(said).toEqual([1, 1])
    needs.give(1, staged)
    expect(await again).toEqual(staged)
  })

  test('leaves nobody to ask', async () => {
    needs.end()
    await expect(needs.obtain(first)).rejects.toMatchObject({ code: 'UNREACHABLE' })
    await turns(1)
    expect([said, needs.of(1)]).toEqual([[], null])
  })
})

test('who supplies is told when what it gives is not needed any more', () => {
  void needs.obtain(first).catch(() => {})
  let over = 0
  needs.of(1)!.onOver = () => over++
  needs.end()
  expect(over).toBe(1)
})

describe('what a stated path needs', () => {
  const statedAs = (number: number) => ({
    ...{ number, path: 'a' as FilePath, seq: 700, size: 3 },
    digest: digestOf(Buffer.from('one')).digest,
  })

  test('is asked for under its number, with the path and the content', async () => {
    const asked: unknown[] = []
    needs.begin((key, stated) => asked.push([key, stated]))
    const obtained = needs.obtain(first, statedAs(5))
    expect(asked).toEqual([[5, statedAs(5)]])
    needs.give(5, staged)
    expect(await obtained).toEqual(staged)
  })

  test('is kept until the next one is needed, and is never taken for that of a record', async () => {
    const obtained = needs.obtain(first, statedAs(1))
    needs.give(1, staged)
    await obtained
    expect(await needs.obtain(first, statedAs(1))).toEqual(staged)
    void needs.obtain(first).catch(() => {})
    expect(said).toEqual([1, 1])
    void needs.obtain(first, statedAs(2)).catch(() => {})
    expect(said).toEqual([1, 1, 2])
  })
})
