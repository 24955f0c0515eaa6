import { turns } from '../../fixtures/fake-time.ts'
import { ScriptedJournal } from '../../fixtures/scripted-journal.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { recordsBytesAim } from '../../protocol/limits.ts'
import { noHash, readEntry } from '../../protocol/record.ts'
import { RecordSender } from './record-sender.ts'

/** A stream that lets a page leave when the test says so. */
class HeldStream {
  ended = false
  /** The records of each page. */
  readonly pages: number[][] = []
  readonly bytes: number[] = []
  private readonly waiting: (() => void)[] = []

  sendFlow(_opcode: string, { entries }: { entries: readonly { record: Buffer; body: Buffer | null }[] }) {
    this.pages.push(entries.map(({ record }) => readEntry(record, null).record.seq))
    this.bytes.push(entries.reduce((sum, { record }) => sum + record.length, 0))
    return new Promise<void>(resolve => this.waiting.push(resolve))
  }

  /** The oldest page leaves. */
  async leave(): Promise<void> {
    this.waiting.shift()!()
    await turns(1)
  }
}

function sending(journal: ScriptedJournal, after = { seq: 0, hash: noHash }) {
  const stream = new HeldStream()
  const carried: number[] = []
  const failed: unknown[] = []
  const sender = new RecordSender({
    stream: stream as never,
    journal,
    after,
    onCarried: seq => carried.push(seq),
    onFailed: error => failed.push(error),
  })
  return { stream, carried, failed, sender }
}

/** A record of about a quarter of a page. */
function appendLarge(journal: ScriptedJournal, committedSeq = 0): void {
  const body = Buffer.alloc(recordsBytesAim / 4, 'x')
  const change = { type: 'mkdir', path: `folder ${journal.last.seq}` } as never
  journal.append({ change, body, committedSeq })
}

test('records behind the first one leave in order, those of one turn in one page', () => {
  const journal = new ScriptedJournal().grow(5)
  const { hash } = journal.at(2)!
  const { sender, stream } = sending(journal, { seq: 2, hash })
  sender.send()
  expect(stream.pages).toEqual([[3, 4, 5]])
  expect(sender.sentSeq).toBe(5)
  sender.send()
  expect(stream.pages).toHaveLength(1)
})

test('no more than four pages wait to leave, and the next one goes when one has left', async () => {
  const journal = new ScriptedJournal()
  for (let at = 0; at < 40; at++) appendLarge(journal)
  const { sender, stream } = sending(journal)
  sender.send()
  expect(stream.pages).toHaveLength(4)
  await stream.leave()
  expect(stream.pages).toHaveLength(5)
  sender.send()
  expect(stream.pages).toHaveLength(5)
  for (let at = 0; at < 20 && stream.pages.flat().length < 40; at++) await stream.leave()
  expect(stream.pages.flat()).toEqual(Array.from({ length: 40 }, (_, at) => at + 1))
})

test('what a record says to be committed counts as told when it is the next to leave, or has left', async () => {
  const journal = new ScriptedJournal()
  for (let at = 1; at <= 12; at++) appendLarge(journal, at)
  const { sender, carried, stream } = sending(journal)
  sender.send()
  const [first, second] = stream.pages.map(page => page.at(-1)!)
  expect(carried).toEqual([first])
  await stream.leave()
  await stream.leave()
  expect(carried.slice(1, 3)).toEqual([first, second])
})

test('a stream that has ended is sent nothing', () => {
  const { sender, stream } = sending(new ScriptedJournal().grow(1))
  stream.ended = true
  sender.send()
  expect(stream.pages).toEqual([])
})

describe('a journal that is not the one any more whose records were sent', () => {
  test('because it ends earlier ends the sending', () => {
    const journal = new ScriptedJournal().grow(3)
    const { sender, failed } = sending(journal)
    sender.send()
    journal.entries.length = 2
    sender.send()
    expect(failed).toMatchObject([
      { code: 'CHANGED', message: 'the journal dropped record 3, which was sent' },
    ])
  })

  test('because other records came in their place ends the sending', () => {
    const journal = new ScriptedJournal().grow(3)
    const { sender, failed, stream } = sending(journal)
    sender.send()
    journal.entries.length = 2
    journal.grow(3, 'other')
    sender.send()
    expect(failed).toMatchObject([{ code: 'CHANGED' }])
    expect(stream.pages).toHaveLength(1)
  })
})

test('a journal that cannot be read ends the sending', () => {
  const journal = new ScriptedJournal().grow(1)
  journal.readAfter = () => {
    throw new ConcurError('IO_ERROR', 'record 1 is damaged')
  }
  const { sender, failed } = sending(journal)
  sender.send()
  expect(failed).toMatchObject([{ code: 'IO_ERROR' }])
})
