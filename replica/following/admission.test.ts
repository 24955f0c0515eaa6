import type { Incarnation, RecordHash } from '../../protocol/ids.ts'
import { type Epoch, noHash } from '../../protocol/record.ts'
import { fencedBy, refusalOf } from './admission.ts'

const epoch = (number: number, letter = 'a'): Epoch => ({
  number,
  incarnation: letter.repeat(32) as Incarnation,
})
const hashOf = (seq: number, letter: string): RecordHash =>
  (seq === 0 ? noHash : String(seq).padStart(64, letter)) as RecordHash

describe('a term', () => {
  test.each([
    ['of any number is followed by who promised nothing', null, epoch(1), null],
    ['that was promised is followed again', epoch(3), epoch(3), null],
    ['of a higher number is followed', epoch(3), epoch(4, 'b'), null],
    ['of a lower number is fenced', epoch(3), epoch(2), 'has promised to follow epoch 3, not 2'],
    [
      'of the same number and another incarnation is fenced',
      epoch(3),
      epoch(3, 'b'),
      'has promised to follow epoch 3, another coordinator’s',
    ],
  ])('%s', (_, promised, asked, message) => {
    const refusal = fencedBy(promised, asked)
    if (message === null) expect(refusal).toBeNull()
    else expect(refusal).toMatchObject({ code: 'FENCED', message })
  })
})

describe('a journal of five records, the first three committed', () => {
  const own = {
    committedSeq: 3,
    lastSeq: 5,
    hashAt: (seq: number) => (seq >= 1 && seq <= 5 ? hashOf(seq, 'a') : null),
  }
  const ask = (afterSeq: number, letter = 'a', from = own) =>
    refusalOf({ epoch: epoch(1), afterSeq, afterHash: hashOf(afterSeq, letter), committedSeq: 0 }, from)

  test.each([3, 4, 5])('goes on from its record %d', seq => {
    expect(ask(seq)).toBeNull()
  })

  test.each([0, 1, 2])('does not go on from %d: what is committed behind it would be lost', seq => {
    expect(ask(seq)).toMatchObject({
      code: 'ROLLED_BACK',
      message: 'knows of changes up to seq 3 that the coordinator lacks',
    })
  })

  test.each([1, 3, 5])('that has another record %d has forked, before anything is said of commits', seq => {
    expect(ask(seq, 'b')).toMatchObject({ code: 'CONFLICT', message: `forked at seq ${seq}` })
  })

  test('has no record 6 to go on from', () => {
    expect(ask(6)).toMatchObject({ code: 'CONFLICT', message: 'has no record 6; its journal ends at 5' })
  })

  test('has nothing before the first record that could differ, but a wrong hash is a fork', () => {
    const empty = { committedSeq: 0, lastSeq: 0, hashAt: () => null }
    expect(ask(0, 'a', empty)).toBeNull()
    const afterHash = hashOf(1, 'a')
    expect(refusalOf({ epoch: epoch(1), afterSeq: 0, afterHash, committedSeq: 0 }, empty)).toMatchObject({
      code: 'CONFLICT',
      message: 'forked at seq 0',
    })
  })
})
