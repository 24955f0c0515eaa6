import { putOf } from '../fixtures/scripted-journal.ts'
import type { Request } from './opcodes.ts'
import { type Opcode, opcodes, type RequestOpcode } from './opcodes.ts'
import { parsePath } from './path.ts'
import { assertFollows, uploadOf, uploads } from './upload.ts'

const changeOf = (what: object) => ({ opcode: 'CHANGE', body: { what } }) as unknown as Request
const path = parsePath('a')

test.each([
  ['a put', { type: 'put', path, executable: null, bytes: null }, true],
  ['an append', { type: 'append', path, create: false, bytes: 3 }, true],
  ['a rename', { type: 'rename', from: path, to: path, force: false }, false],
  ['a delete', { type: 'delete', path, recursive: false, force: false }, false],
  ['a mkdir', { type: 'mkdir', path, parents: false }, false],
])('%s is followed by bytes: %p', (_, what, isFollowed) => {
  expect(uploadOf(changeOf(what))).toEqual(isFollowed ? uploads.CHANGE : null)
})

test('of the other requests STAGE, FOLLOW, SUPPLY and RESTATE are followed by something', () => {
  const requests = (Object.keys(opcodes) as Opcode[]).filter(
    (opcode): opcode is RequestOpcode => opcodes[opcode].kind === 'request',
  )
  const followed = requests.filter(
    opcode =>
      opcode !== 'CHANGE' && uploadOf({ opcode, body: putOf('a', Buffer.alloc(0)) } as never) !== null,
  )
  expect(followed.sort()).toEqual(['FOLLOW', 'RESTATE', 'STAGE', 'SUPPLY'])
})

/** What may follow each request, with FIN or without it. */
const allowed: Record<string, string[]> = {
  CHANGE: ['CHUNK', 'SEAL FIN'],
  STAGE: ['CHUNK', 'SEAL FIN'],
  FOLLOW: ['RECORDS', 'COMMITTED', 'LOST'],
  SUPPLY: ['DIGESTS', 'CHUNK', 'CHUNK FIN'],
  RESTATE: ['STATED', 'STATED FIN'],
}

describe.each(Object.keys(allowed))('behind %s', request => {
  test.each(Object.keys(opcodes) as Opcode[])('%s is what the specification says', opcode => {
    for (const fin of [false, true]) {
      const follow = () => assertFollows(uploads[request as 'CHANGE']!, opcode, fin)
      if (allowed[request]!.includes(fin ? `${opcode} FIN` : opcode)) expect(follow).not.toThrow()
      else expect(follow).toThrow(expect.objectContaining({ code: 'BAD_FRAME' }))
    }
  })
})
