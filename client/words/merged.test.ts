import fc from 'fast-check'
import { isText, mergeVersions } from './merged.ts'

const lines = (...all: (string | number)[]) => Buffer.from(all.map(line => `${line}\n`).join(''))
const numbers = Array.from({ length: 9 }, (_, at) => at + 1)
const base = lines(...numbers)
const changed = (changes: Record<number, string>) => lines(...numbers.map(at => changes[at] ?? at))

function merge(...contents: Buffer[]) {
  const versions = contents.map((content, at) => ({ name: `server${at + 1}`, content }))
  const { content, conflicts } = mergeVersions(base, versions)
  return { text: content.toString('latin1'), conflicts }
}

test('what each version changed is in the merge', () => {
  expect(merge(changed({ 2: 'two' }), changed({ 8: 'eight' }))).toEqual({
    text: changed({ 2: 'two', 8: 'eight' }).toString(),
    conflicts: 0,
  })
})

test('of three versions as well', () => {
  const { text, conflicts } = merge(changed({ 1: 'a' }), changed({ 5: 'b' }), changed({ 9: 'c' }))
  expect([text, conflicts]).toEqual([changed({ 1: 'a', 5: 'b', 9: 'c' }).toString(), 0])
})

test('the same change of the same lines is one', () => {
  expect(merge(changed({ 5: 'x' }), changed({ 5: 'x' }))).toEqual({
    text: changed({ 5: 'x' }).toString(),
    conflicts: 0,
  })
})

test('what both changed differently stands there twice, between markers on lines of their own', () => {
  const { text, conflicts } = merge(changed({ 9: 'a' }).subarray(0, -1), changed({ 9: 'b' }))
  expect(conflicts).toBe(1)
  expect(text).toMatch(/8\n<<<<<<< server1\na\n=======\nb\n>>>>>>> server2\n$/)
})

test('one version alone is itself, and bytes of any kind are kept', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      const content = Buffer.from(bytes)
      expect(mergeVersions(content, [{ name: 'a', content }]).content.equals(content)).toBe(true)
      const two = mergeVersions(content, [
        { name: 'a', content },
        { name: 'b', content },
      ])
      expect([two.content.equals(content), two.conflicts]).toEqual([true, 0])
    }),
  )
})

test('a version that nobody else changed wins', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 20 }), edited => {
      expect(merge(base, lines(...edited))).toEqual({ text: lines(...edited).toString(), conflicts: 0 })
    }),
  )
})

test('bytes with a 0 among them are no text', () => {
  expect([isText(Buffer.from('ä\r\n')), isText(Buffer.alloc(0)), isText(Buffer.of(65, 0))]).toEqual([
    true,
    true,
    false,
  ])
})
