import { putOf, ScriptedJournal } from '../fixtures/scripted-journal.ts'
import { digestOf } from './digest.ts'
import { parsePath } from './path.ts'
import { receivedEntry } from './received-entry.ts'
import type { Change } from './record.ts'

const bytes = Buffer.from('some bytes')
const entryOf = (change: Change, body: Buffer | null = null) =>
  new ScriptedJournal().append({ change, body: body! })
const put = putOf('a', bytes)

test('a record that is well-formed is taken as it is', () => {
  const sent = entryOf(put, bytes)
  expect(receivedEntry(sent.bytes, bytes)).toEqual(sent)
})

test('bytes that were left out are not missed', () => {
  expect(receivedEntry(entryOf(put).bytes, null)).toMatchObject({ record: { seq: 1 }, body: null })
})

test('the bytes of an append say nothing by themselves, and are taken', () => {
  const whole = Buffer.concat([Buffer.from('abc'), bytes])
  const { digest } = digestOf(whole)
  const body = { bytes: bytes.length, stage: null }
  const known = { path: parsePath('a'), base: null, seen: [] }
  const append: Change = { type: 'append', ...known, offset: 3, digest, size: whole.length, body }
  expect(receivedEntry(entryOf(append).bytes, bytes).body).toEqual(bytes)
})

test.each([
  ['bytes that are no record', Buffer.from('no record'), null],
  ['a path that is none', entryOf({ type: 'mkdir', path: '../a' as never }).bytes, null],
  ['a body of another length', entryOf(put).bytes, Buffer.from('other')],
  ['a body that the record does not have', entryOf({ type: 'mkdir', path: parsePath('a') }).bytes, bytes],
])('%s is refused', (_, record, body) => {
  expect(() => receivedEntry(record, body)).toThrow(expect.objectContaining({ code: 'BAD_FRAME' }))
})

test('a body of the right length that is another content is refused, and named', () => {
  expect(() => receivedEntry(entryOf(put).bytes, Buffer.from('same bytes'))).toThrow(
    expect.objectContaining({
      code: 'BAD_FRAME',
      message: 'record 1 with bytes that are not those of its digest',
    }),
  )
})
