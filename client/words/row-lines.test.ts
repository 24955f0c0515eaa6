import { digestOf } from '../../protocol/digest.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { Mark, Row } from '../../protocol/messages.ts'
import { parsePath } from '../../protocol/path.ts'
import { colours, plain } from './paint.ts'
import { notDirectory, rowLine } from './row-lines.ts'

const [server1, server2, server3] = ['server1', 'server2', 'server3'] as [NodeName, NodeName, NodeName]
const nowMs = 1_767_225_600_000
type Held = Row['nodes'][number]['copy']

const file = (content: string, ageMs = 180_000): Held => {
  const bytes = Buffer.from(content)
  return { type: 'file', digest: digestOf(bytes).digest, size: bytes.length, mtimeMs: nowMs - ageMs }
}
const folder: Held = { type: 'folder', digest: null, size: 0, mtimeMs: 0 }
const other: Held = { ...folder!, type: 'other' }

const rowOf = (mark: Mark | null, ...copies: Held[]): Row => {
  const first = copies.find(copy => copy !== null)!
  return {
    ...{
      escaped: false,
      path: parsePath('a.txt'),
      type: first.type,
      mark,
      size: first.size,
      digest: first.digest,
    },
    nodes: copies.map((copy, at) => ({ node: [server1, server2, server3][at]!, copy })),
  }
}
const line = (row: Row, long = true, paint = plain) => rowLine(row, { paint, nowMs, long })

test('the short form is the mark and the path, a folder’s with a slash', () => {
  expect(line(rowOf('=', file('x')), false)).toBe('= a.txt')
  expect(line(rowOf(null, folder), false)).toBe('  a.txt/')
})

test.each([
  ['the same everywhere', rowOf('=', file('x'), file('x'), file('x')), 'server1 = server2 = server3'],
  ['lacking on one', rowOf('+', file('x'), null, file('x')), 'server1 = server3          '],
  ['different', rowOf('*', file('x'), file('y'), file('x')), 'server1 = server3 ≠ server2'],
  ['of the same size and unlike', rowOf('*', null, file('x'), file('y')), 'server2 ≠ server3          '],
])('the long form of what is %s says who holds it', (_, row, holders) => {
  expect(line(row)).toBe(`${row.mark}      1 B  3 min ago   ${holders}  a.txt`)
})

test('what is no file has neither size nor time', () => {
  expect(line(rowOf('!', other, folder))).toBe('!        -  -           server1 ≠ server2  a.txt')
})

test('only marks that say something is wrong have a colour', () => {
  expect(line(rowOf('=', file('x')), false, colours)).toBe('= a.txt')
  expect(line(rowOf('*', file('x')), false, colours)).toBe('\u001b[31m*\u001b[0m a.txt')
  expect(line(rowOf('+', file('x')), false, colours)).toBe('\u001b[33m+\u001b[0m a.txt')
})

test('a row that is no folder where one was asked for says what is where', () => {
  expect(notDirectory(rowOf('*', file('x'), folder, other))).toMatchObject({
    code: 'NOT_DIRECTORY',
    message: 'a file on server1, no folder on server3',
  })
  expect(notDirectory(rowOf('+', null, file('x'))).message).toBe('a file on server2')
})
