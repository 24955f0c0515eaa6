import { ScriptedJournal } from '../../fixtures/scripted-journal.ts'
import { ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import { ContentsAtOnce } from './contents-at-once.ts'

const entries = new ScriptedJournal().grow(6).entries

const obtained = (seq: number, code: ErrorCode | null, beginsAt: number | null) => {
  const obtain = async () => {
    if (code !== null) throw new ConcurError(code, 'said')
    return { is: 'bytes', bytes: Buffer.from('content') } as const
  }
  return new ContentsAtOnce({ contents: { obtain }, termBeginsAt: () => beginsAt }).obtain(entries[seq - 1]!)
}

test('what can be had is given', async () => {
  expect(await obtained(5, null, 4)).toMatchObject({ is: 'bytes' })
})

test('of this term, what nobody can be asked for is lost at once', async () => {
  expect(await obtained(5, 'UNREACHABLE', 4)).toMatchObject({ is: 'lost' })
  expect(await obtained(4, 'UNREACHABLE', 4)).toMatchObject({ is: 'lost' })
})

test.each([
  ['what came before the term', 3, 'UNREACHABLE', 4],
  ['everything before a term begins', 3, 'UNREACHABLE', null],
] as const)('%s is waited for', async (_, seq, code, beginsAt) => {
  await expect(obtained(seq, code, beginsAt)).rejects.toMatchObject({ code: 'UNREACHABLE' })
})

test('any other failure is told', async () => {
  await expect(obtained(5, 'NO_SPACE', 4)).rejects.toMatchObject({ code: 'NO_SPACE' })
})
