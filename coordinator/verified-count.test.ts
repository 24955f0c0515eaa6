import { fileCopy, fileEntry, folderEntry, sumOf } from '../fixtures/scripted-node.ts'
import type { FilePath } from '../protocol/path.ts'
import type { Held } from './mark.ts'
import { VerifiedCount } from './verified-count.ts'

const here = { escaped: false, path: 'a' as FilePath } as const
const file = (content: string): Held => {
  const { digest, size, mtimeMs } = fileCopy(content)
  return { type: 'file', digest, size, mtimeMs }
}
const folder: Held = { type: 'folder', digest: null, size: 0, mtimeMs: 0 }

test('with sums of a node its files count, and of what is looked through what any node holds instead', () => {
  const entries = [fileEntry('a', '1'), fileEntry('b', '22'), folderEntry('c'), fileEntry('d', '333')]
  const count = new VerifiedCount({ place: 0, sum: sumOf(entries) })
  expect(count.total()).toEqual({ files: 3, bytes: 6 })
  count.add({ ...here, held: [file('22'), file('4444')] })
  expect(count.total()).toEqual({ files: 3, bytes: 6 })
  count.add({ ...here, held: [null, file('55555')] })
  count.add({ ...here, held: [folder, 'not compared'] })
  count.add({ ...here, held: ['not compared', null] })
  expect(count.total()).toEqual({ files: 4, bytes: 11 })
})

test('without sums only what is looked through counts, each path once', () => {
  const count = new VerifiedCount(null)
  count.add({ ...here, held: [file('1'), file('22')] })
  count.add({ ...here, held: ['not compared', file('333')] })
  expect(count.total()).toEqual({ files: 2, bytes: 4 })
})

test('files that came between the two looks do not make it negative', () => {
  const count = new VerifiedCount({ place: 0, sum: sumOf([]) })
  count.add({ ...here, held: [file('1'), null] })
  expect(count.total()).toEqual({ files: 1, bytes: 1 })
})
