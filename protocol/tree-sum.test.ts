import { goldenMeanings } from '../fixtures/golden-frames.ts'
import { blake3Library } from './blake3.ts'
import { type Digest, digestOf, digestToBytes } from './digest.ts'
import { bucketsMax } from './limits.ts'
import { type FilePath, parsePath } from './path.ts'
import { bucketOf, bucketsToCompare, type TreeSum, TreeSumming } from './tree-sum.ts'

const digest = (content: string): Digest => digestOf(Buffer.from(content)).digest

/** Path → content of a file; null is a folder, undefined something that cannot be compared. */
type Tree = Readonly<Record<string, string | null | undefined>>

function sumOf(tree: Tree): TreeSum {
  const summing = new TreeSumming()
  for (const [text, content] of Object.entries(tree)) {
    const path = parsePath(text)
    if (content === undefined) summing.addUnknown({ escaped: false, path })
    else if (content === null) summing.addFolder(path)
    else summing.addFile(path, { size: content.length, digest: digest(content) })
  }
  return summing.finish()
}

const differing = (...trees: Tree[]) => [...bucketsToCompare(trees.map(sumOf))].sort((a, b) => a - b)
const buckets = (...paths: string[]) => paths.map(path => bucketOf(path as FilePath)).sort((a, b) => a - b)

/** Paths of one bucket. */
function pathsOfOneBucket(count: number): string[] {
  const paths: string[] = []
  for (let at = 0; paths.length < count; at++)
    if (bucketOf(`file-${at}` as FilePath) === 77) paths.push(`file-${at}`)
  return paths.sort()
}

/** The words of README.md, over all entries of one bucket. */
function sumInWords(entries: readonly (readonly [string, string | null])[]): string {
  const parts = entries.map(([path, content]) => {
    const head = Buffer.alloc(3)
    head[0] = content === null ? 1 : 0
    head.writeUInt16BE(Buffer.byteLength(path), 1)
    return Buffer.concat([
      head,
      Buffer.from(path),
      content === null ? Buffer.alloc(0) : digestToBytes(digest(content)),
    ])
  })
  const hash = blake3Library().blake3(Buffer.concat([Buffer.from('concur-sum-1\0'), ...parts]))
  return hash.toString('hex', 0, 16)
}

describe('the sums of a tree', () => {
  test('are those of the golden frame', () => {
    const tree = { 'file1.txt': 'Hello!! Identical content test\n', link: undefined, sub: null }
    expect(sumOf(tree)).toEqual(goldenMeanings().SUMMED!.body)
  })

  test('of nothing are none', () => {
    expect(sumOf({})).toEqual({ files: 0, bytes: 0, sums: [], open: [] })
  })

  test.each([1, 2, 40, 400])('hash what the document says, with %d paths in one bucket', count => {
    const paths = pathsOfOneBucket(count)
    const entries = paths.map((path, at) => [path, at % 3 === 0 ? null : `content ${at}`] as const)
    expect(sumOf(Object.fromEntries(entries)).sums).toEqual([{ bucket: 77, sum: sumInWords(entries) }])
  })

  test.each([0, 1])(
    'hash paths that are longer than what is held of a bucket, %d short ones before',
    shortCount => {
      const long = Array.from({ length: 16 }, () => 'ü'.repeat(127)).join('/')
      const bucket = bucketOf(long as FilePath)
      const short: string[] = []
      for (let at = 0; short.length < shortCount; at++)
        if (bucketOf(`a${at}` as FilePath) === bucket) short.push(`a${at}`)
      const after: string[] = []
      for (let at = 0; after.length < 2; at++)
        if (bucketOf(`ü${at}` as FilePath) === bucket) after.push(`ü${at}`)
      const entries = [...short, long, ...after].map(path => [path, 'x'] as const)
      expect(sumOf(Object.fromEntries(entries)).sums).toEqual([{ bucket, sum: sumInWords(entries) }])
    },
  )

  test('count files and their bytes', () => {
    const { files, bytes } = sumOf({ a: 'xx', b: null, c: 'yyy', d: undefined })
    expect([files, bytes]).toEqual([2, 5])
  })

  test('come in the order of the buckets, and every bucket is one', () => {
    const tree = Object.fromEntries(Array.from({ length: 30_000 }, (_, at) => [`f${at}`, null]))
    const numbers = sumOf(tree).sums.map(({ bucket }) => bucket)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    expect(numbers.length).toBeGreaterThan(bucketsMax * 0.99)
    expect([numbers[0]! >= 0, numbers.at(-1)! < bucketsMax]).toEqual([true, true])
  })
})

describe('buckets that have to be compared', () => {
  test('are none where all trees are the same', () => {
    const tree = { a: 'x', b: null, 'b/c': 'y' }
    expect(differing(tree)).toEqual([])
    expect(differing(tree, tree, tree)).toEqual([])
  })

  test.each<[string, Tree]>([
    ['another content', { a: 'y', b: null }],
    ['a folder for a file', { a: null, b: null }],
    ['nothing there', { b: null }],
  ])('are those of what differs: %s', (_, other) => {
    const tree = { a: 'x', b: null }
    expect(differing(tree, other)).toEqual(buckets('a'))
    expect(differing(other, tree)).toEqual(buckets('a'))
    expect(differing(tree, tree, other)).toEqual(buckets('a'))
  })

  test('are those of every tree that is unlike the first', () => {
    expect(differing({ a: 'x' }, { a: 'x', b: 'x' }, { a: 'x', c: 'x' })).toEqual(buckets('b', 'c'))
    expect(differing({}, { a: 'x' }, {})).toEqual(buckets('a'))
  })

  test('are those that hold what cannot be compared, on whichever node, though the sums are the same', () => {
    expect(differing({ a: 'x', link: undefined }, { a: 'x', link: undefined })).toEqual(buckets('link'))
    expect(differing({ a: 'x' }, { a: 'x', link: undefined })).toEqual(buckets('link'))
    expect(differing({ a: 'x', link: undefined })).toEqual(buckets('link'))
  })

  test('show that a file has another name, within one bucket too', () => {
    const [one, two] = pathsOfOneBucket(2)
    expect(differing({ [one!]: 'x' }, { [two!]: 'x' })).toEqual([77])
  })

  test('show that two paths have exchanged their contents, within one bucket too', () => {
    const [one, two] = pathsOfOneBucket(2)
    expect(differing({ [one!]: 'x', [two!]: 'y' }, { [one!]: 'y', [two!]: 'x' })).toEqual([77])
  })
})
