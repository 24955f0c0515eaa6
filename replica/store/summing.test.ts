import { turns } from '../../fixtures/fake-time.ts'
import { fileCopy, fileEntry, folderEntry, otherEntry, pagesOf } from '../../fixtures/scripted-node.ts'
import type { Copy } from '../../protocol/copies.ts'
import type { Entry } from '../../protocol/messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import { bucketOf, type TreeSum, TreeSumming } from '../../protocol/tree-sum.ts'
import { Slices } from './slices.ts'
import { clock, timers } from './store.fixture.ts'
import { type SumOptions, type SumSources, sumTree } from './summing.ts'

const MiB = 1024 * 1024
const wanted = new AbortController().signal

/** The sums of a tree that was never anything but this. */
function sumsOf(files: Readonly<Record<string, string>>, folders: readonly string[] = []): TreeSum {
  const summing = new TreeSumming()
  for (const path of [...Object.keys(files), ...folders].sort()) {
    const content = files[path]
    if (content === undefined) summing.addFolder(path as FilePath)
    else summing.addFile(path as FilePath, fileCopy(content))
  }
  return summing.finish()
}

interface Told {
  readonly looked: string[]
  readonly progress: [number, number][]
}

function sum(
  entries: readonly Entry[],
  sources: Partial<SumSources> = {},
  options: Partial<SumOptions> = {},
): { readonly told: Told; readonly sum: Promise<TreeSum> } {
  const told: Told = { looked: [], progress: [] }
  const { look } = sources
  const all: SumSources = {
    entries: () => pagesOf(entries, 3),
    entriesSlowly: () => pagesOf(entries, 3),
    slices: new Slices({ clock, timers, pace: { workMs: 10, restMs: 0 } }),
    ...sources,
    look: (path, how) => {
      told.looked.push(`${path}${how.deep ? ' deep' : ''}`)
      return look?.(path, how) ?? fileCopy(path)
    },
  }
  const onProgress = (done: number, total: number) => void told.progress.push([done, total])
  return { told, sum: sumTree(all, { deep: false, signal: wanted, onProgress, ...options }) }
}

describe('the sums of a tree', () => {
  test('are made of digests that are known, and nothing is read for them', async () => {
    const { told, sum: made } = sum([fileEntry('a', 'one'), folderEntry('b'), fileEntry('b/c', 'two')])
    expect(await made).toEqual(sumsOf({ a: 'one', 'b/c': 'two' }, ['b']))
    expect(told.looked).toEqual([])
  })

  test('have every file read whose digest is not known', async () => {
    const entries = [fileEntry('a', 'a', { knows: false }), fileEntry('b', 'b')]
    const { told, sum: made } = sum(entries)
    expect(await made).toEqual(sumsOf({ a: 'a', b: 'b' }))
    expect(told.looked).toEqual(['a'])
  })

  test('have every file read whatever is known, where that is asked for', async () => {
    const { told, sum: made } = sum([fileEntry('a', 'old'), folderEntry('b')], {}, { deep: true })
    expect(await made).toEqual(sumsOf({ a: 'a' }, ['b']))
    expect(told.looked).toEqual(['a deep'])
  })

  test.each<[string, Copy, TreeSum]>([
    ['a folder', { is: 'folder' }, sumsOf({}, ['a'])],
    ['nothing', { is: 'absent' }, sumsOf({})],
    ['a link', { is: 'other', what: 'link' }, { ...sumsOf({}), open: [bucketOf('a' as FilePath)] }],
    ['unreadable', { is: 'unreadable', reason: 'no' }, { ...sumsOf({}), open: [bucketOf('a' as FilePath)] }],
  ])('take a file for what it is when it is looked at: %s', async (_, copy, expected) => {
    expect(await sum([fileEntry('a', 'x', { knows: false })], { look: () => copy }).sum).toEqual(expected)
  })

  test('have an open bucket for what is no file and no folder', async () => {
    const made = await sum([otherEntry('link'), fileEntry('z', 'x')]).sum
    expect(made).toEqual({ ...sumsOf({ z: 'x' }), open: [bucketOf('link' as FilePath)] })
  })

  test('keep the order of the entries while a large file in front of them is read', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `file-${String(at).padStart(2, '0')}`)
    const waiting: (() => void)[] = []
    const look: SumSources['look'] = path =>
      Number(path.slice(5)) % 3 === 0
        ? new Promise(resolve => waiting.push(() => resolve(fileCopy(path))))
        : fileCopy(path)
    const { sum: made } = sum(
      names.map(name => fileEntry(name, name, { knows: false })),
      { look },
    )
    let isOver = false
    void made.then(() => {
      isOver = true
    })
    while (!isOver) {
      await turns(1)
      // The last that was asked for is the first to be known.
      waiting.pop()?.()
    }
    expect(await made).toEqual(sumsOf(Object.fromEntries(names.map(name => [name, name]))))
  })

  test('have so many files read at once and no more', async () => {
    const entries = Array.from({ length: 100 }, (_, at) => fileEntry(`${at}`, 'x', { knows: false }))
    const waiting: ((copy: Copy) => void)[] = []
    const { told, sum: made } = sum(entries, { look: () => new Promise(resolve => waiting.push(resolve)) })
    await turns(50)
    expect(told.looked).toHaveLength(8)
    for (const known of waiting.splice(0)) known(fileCopy('x'))
    await turns(50)
    expect(told.looked).toHaveLength(16)
    const giveAll = () => {
      for (const known of waiting.splice(0)) known(fileCopy('x'))
    }
    for (let turn = 0; turn < 100; turn++) {
      giveAll()
      await turns(2)
    }
    expect((await made).files).toBe(100)
  })

  test('keep only so many entries waiting behind a file that is being read', async () => {
    let given = 0
    async function* entries() {
      yield [fileEntry('0', 'x', { knows: false })]
      for (; given < 5_000; given++) yield [fileEntry(`1-${String(given).padStart(5, '0')}`, 'x')]
    }
    let finish: (copy: Copy) => void = () => {}
    const look: SumSources['look'] = () =>
      new Promise(resolve => {
        finish = resolve
      })
    const { sum: made } = sum([], { entries, look })
    await turns(6_000)
    expect(given).toBeLessThan(1_100)
    finish(fileCopy('x'))
    expect((await made).files).toBe(5_001)
  })
})

describe('who is told how far it is', () => {
  test('hears of bytes that were known and of those that are read', async () => {
    const look: SumSources['look'] = async (path, how) => {
      how.onProgress(0, 100)
      how.onProgress(60, 100)
      await turns(1)
      return { ...fileCopy(path), size: 100 }
    }
    const { told, sum: made } = sum([fileEntry('a', '12345'), fileEntry('b', 'x', { knows: false })], {
      look,
    })
    await made
    expect(told.progress.map(([done]) => done)).toEqual([5, 65, 65])
    expect(new Set(told.progress.map(([, total]) => total))).toEqual(new Set([0]))
  })

  test('hears how many there are in all once much has to be read', async () => {
    const entries = [fileEntry('a', 'x', { knows: false }), fileEntry('b', 'x', { knows: false })].map(
      entry => ({ ...entry, size: 40 * MiB }),
    )
    const look: SumSources['look'] = async (path, how) => {
      how.onProgress(33 * MiB, 40 * MiB)
      await turns(5)
      how.onProgress(40 * MiB, 40 * MiB)
      return { ...fileCopy(path), size: 40 * MiB }
    }
    const { told, sum: made } = sum(entries, { look })
    await made
    expect(told.progress.at(-1)).toEqual([80 * MiB, 80 * MiB])
  })

  test('is not told of a count that failed: the sums meet the same by themselves', async () => {
    const entriesSlowly = () => {
      throw new Error('no')
    }
    const look: SumSources['look'] = async (path, how) => {
      how.onProgress(40 * MiB, 40 * MiB)
      return { ...fileCopy(path), size: 40 * MiB }
    }
    const { told, sum: made } = sum([fileEntry('a', 'x', { knows: false })], { look, entriesSlowly })
    await made
    expect(told.progress.at(-1)).toEqual([40 * MiB, 0])
  })
})

describe('sums that nobody wants any more', () => {
  test('are given up between two pages, and the walk ends', async () => {
    const unwanted = new AbortController()
    let given = 0
    let isEnded = false
    async function* entries() {
      try {
        for (;;) {
          if (++given === 3) unwanted.abort()
          yield [fileEntry(`${given}`, 'x')]
        }
      } finally {
        isEnded = true
      }
    }
    const { sum: made } = sum([], { entries }, { signal: unwanted.signal })
    await expect(made).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect([given, isEnded]).toEqual([3, true])
  })

  test('are given up while files are read, one at a time or ahead', async () => {
    for (const isSmall of [true, false]) {
      const unwanted = new AbortController()
      const entries = Array.from({ length: 3_000 }, (_, at) => fileEntry(`${at}`, 'x', { knows: false }))
      let looked = 0
      const look: SumSources['look'] = () => {
        if (++looked === 20) unwanted.abort()
        return isSmall ? fileCopy('x') : Promise.resolve(fileCopy('x'))
      }
      const slices = { isUsedUp: true, next: () => turns(1) } as unknown as Slices
      const { sum: made } = sum(entries, { look, slices }, { signal: unwanted.signal })
      await expect(made).rejects.toMatchObject({ code: 'UNREACHABLE' })
      expect(looked).toBeLessThan(40)
    }
  })
})

test('sums that nobody wants any more do not wait for a large file', async () => {
  const unwanted = new AbortController()
  const entries = [fileEntry('a', 'x', { knows: false })]
  const { sum: made } = sum(entries, { look: () => new Promise(() => {}) }, { signal: unwanted.signal })
  await turns(5)
  unwanted.abort()
  await expect(made).rejects.toMatchObject({ code: 'UNREACHABLE' })
})

test('what goes wrong in a file behind another that is still read fails the sums, once', async () => {
  const entries = ['a', 'b'].map(path => fileEntry(path, 'x', { knows: false }))
  const look: SumSources['look'] = path =>
    path === 'b' ? Promise.reject(new Error('the disk is gone')) : turns(10).then(() => fileCopy('x'))
  await expect(sum(entries, { look }).sum).rejects.toThrow('the disk is gone')
})
