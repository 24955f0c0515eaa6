import { fileEntry, folderEntry, pagesOf, ScriptedNode } from '../fixtures/scripted-node.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { EscapedPath } from '../protocol/listed-path.ts'
import type { Entry } from '../protocol/messages.ts'
import { compareUtf8, type FolderPath, wholeTree } from '../protocol/path.ts'
import { behindLink, type Held } from './mark.ts'
import { MergedWalk } from './merge-walks.ts'
import type { Node } from './node.ts'

/** A node that walks through these, so many a page. */
function walking(name: string, entries: readonly Entry[], pageEntries = 2): ScriptedNode {
  return new ScriptedNode(name, { walk: () => pagesOf(entries, pageEntries) })
}

/** A node whose walk fails behind these entries. */
function failing(name: string, entries: readonly Entry[], error: Error): ScriptedNode {
  async function* walk() {
    yield* pagesOf(entries, 1)
    throw error
  }
  return new ScriptedNode(name, { walk })
}

const files = (...paths: string[]): Entry[] => paths.map(path => fileEntry(path, 'x'))
const lost = new ConcurError('UNREACHABLE', 'server2 did not answer within 2 s')
const nothingThere = new ConcurError('NOT_FOUND', 'server2: f is not there')

const letterOf = (held: Held): string => {
  if (held === null) return '.'
  return held === 'not compared' ? '?' : held.type.slice(0, 1)
}

/** One line a path: what each node holds, `f` a file or a folder, `.` nothing, `?` not compared. */
async function merged(nodes: readonly Node[], folder: FolderPath = wholeTree) {
  const walk = new MergedWalk({ nodes, folder, recursive: true })
  const lines: string[] = []
  for (let entry = await walk.next(); entry !== null; entry = await walk.next()) {
    const letters = entry.held.map(letterOf)
    lines.push(`${letters.join('')} ${entry.path}`)
  }
  return { lines, unreachable: walk.unreachable() }
}

test('every path that any node holds comes once, in order, with what each holds', async () => {
  const nodes = [
    walking('server1', files('a', 'c', 'd')),
    walking('server2', files('b', 'c')),
    walking('server3', files('a', 'b', 'c', 'e'), 3),
  ]
  expect((await merged(nodes)).lines).toEqual(['f.f a', '.ff b', 'fff c', 'f.. d', '..f e'])
})

test('a node on which a link stands on the way has at every path what the caller says of such', async () => {
  const isLink = new ConcurError('NOT_A_FILE', 'server2: a link')
  const nodes = [walking('server1', files('f/a', 'f/b')), failing('server2', [], isLink)]
  const options = { nodes, folder: 'f' as FolderPath, recursive: true, withFolder: true }
  expect((await merged(nodes, options.folder)).lines).toEqual(['f. f/a', 'f. f/b'])
  const asRead = new MergedWalk({ ...options, behindLink })
  const held = [await asRead.next(), await asRead.next()].map(entry => entry!.held.map(letterOf))
  expect(held).toEqual([
    ['f', 'o'],
    ['f', 'o'],
  ])
})

test('an escaped name is another thing than the path that reads the same, and comes behind it', async () => {
  const odd = (path: string): Entry => {
    return { escaped: true, path: path as EscapedPath, type: 'other', size: 0, mtimeMs: 0, digest: null }
  }
  const nodes = [
    walking('server1', [odd('a'), odd('c')]),
    walking('server2', [...files('a'), odd('a'), ...files('b')]),
  ]
  expect((await merged(nodes)).lines).toEqual(['.f a', 'oo a', '.f b', 'o. c'])
  expect((await merged([walking('server1', [odd('f')])], 'f' as FolderPath)).lines).toEqual(['o f'])
})

test('the order is that of UTF-8 bytes of whole paths, beyond the first 65,536 characters too', async () => {
  const paths = ['B', 'a', 'a b', 'a.txt', 'a/b', 'a0', 'é', '\u{ffff}', '\u{10000}', '\u{1f600}']
  expect([...paths].sort(compareUtf8)).toEqual(paths)
  expect([...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))).toEqual(paths)
  const nodes = [
    walking('server1', files(...paths.filter((_, at) => at % 2 === 0))),
    walking('server2', files(...paths), 3),
  ]
  expect((await merged(nodes)).lines.map(line => line.slice(3))).toEqual(paths)
})

test('a page with nothing on it is passed over', async () => {
  async function* walk() {
    yield []
    yield files('a')
    yield []
    yield []
    yield files('b')
    yield []
  }
  const nodes = [new ScriptedNode('server1', { walk }), walking('server2', files('b'))]
  expect((await merged(nodes)).lines).toEqual(['f. a', 'ff b'])
})

test('an empty tree is not a missing one', async () => {
  expect((await merged([walking('server1', []), walking('server2', [])])).lines).toEqual([])
})

test('the next pages of all nodes are asked for at once', async () => {
  let asked = 0
  let bothAsked: () => void = () => {}
  const both = new Promise<void>(resolve => {
    bothAsked = resolve
  })
  const node = (name: string) =>
    new ScriptedNode(name, {
      async *walk() {
        if (++asked === 2) bothAsked()
        await both
        yield files('a')
      },
    })
  expect((await merged([node('server1'), node('server2')])).lines).toEqual(['ff a'])
})

describe('a node that fails', () => {
  test('in the middle counts up to there, and is not compared from there on', async () => {
    const nodes = [walking('server1', files('a', 'b', 'c')), failing('server2', files('a', 'b'), lost)]
    const { lines, unreachable } = await merged(nodes)
    expect(lines).toEqual(['ff a', 'ff b', 'f? c'])
    expect(unreachable).toEqual([{ node: 'server2', reason: 'did not answer within 2 s', behindOps: null }])
  })

  test('at once is not compared anywhere, and its reason reads on from its name', async () => {
    const nodes = [
      walking('server1', files('a')),
      failing('server2', [], new ConcurError('IO_ERROR', 'server2: f: no')),
    ]
    const { lines, unreachable } = await merged(nodes)
    expect(lines).toEqual(['f? a'])
    expect(unreachable).toEqual([{ node: 'server2', reason: 'could not say: f: no', behindOps: null }])
  })

  test('with an error of its own program does not show what it was', async () => {
    const nodes = [walking('server1', files('a')), failing('server2', [], new Error('/secret/folder'))]
    expect((await merged(nodes)).unreachable[0]!.reason).not.toContain('secret')
  })

  test('as the only one that might hold the folder makes it unreachable, not missing', async () => {
    const nodes = [
      failing('server1', [], new ConcurError('NOT_FOUND', 'f is not there')),
      failing('server2', [], lost),
    ]
    await expect(merged(nodes)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'not on server1; server2 did not answer within 2 s',
    })
  })

  test('as every node does makes it unreachable', async () => {
    await expect(merged([failing('server2', [], lost)])).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })
})

describe('a folder that is not everywhere', () => {
  const folder = 'f' as FolderPath

  test('is listed where it is, and missing where it is not', async () => {
    const nodes = [walking('server1', files('f/a')), failing('server2', [], nothingThere)]
    const { lines, unreachable } = await merged(nodes, folder)
    expect(lines).toEqual(['f. f/a'])
    expect(unreachable).toEqual([])
  })

  test('is NOT_FOUND when no node has it', async () => {
    const nodes = ['server1', 'server2'].map(name => failing(name, [], nothingThere))
    await expect(merged(nodes, folder)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'not on server1, not on server2',
    })
  })

  test('is empty, not missing, when one node has it empty and another lacks it', async () => {
    const nodes = [walking('server1', []), failing('server2', [], nothingThere)]
    expect((await merged(nodes, folder)).lines).toEqual([])
  })

  test('is a row of its own where another node holds a file of that name', async () => {
    const nodes = [
      walking('server1', files('f')),
      walking('server2', [folderEntry('f/a'), ...files('f/a/b')]),
      walking('server3', []),
      failing('server4', [], nothingThere),
      failing('server5', [], new ConcurError('UNREACHABLE', 'server5 did not answer within 2 s')),
    ]
    expect((await merged(nodes, folder)).lines).toEqual(['fff.? f', '.f..? f/a', '.f..? f/a/b'])
  })
})

describe('asked to tell of the folder itself', () => {
  const folder = 'f' as FolderPath
  const lines = async (nodes: readonly Node[]) => {
    const walk = new MergedWalk({ nodes, folder, recursive: true, withFolder: true })
    const found: string[] = []
    for (let entry = await walk.next(); entry !== null; entry = await walk.next())
      found.push(`${entry.held.map(letterOf).join('')} ${entry.path}`)
    return found
  }

  test('it comes first where a node lacks it, empty or not', async () => {
    const lacking = failing('server2', [], nothingThere)
    expect(await lines([walking('server1', []), lacking])).toEqual(['f. f'])
    expect(await lines([walking('server1', files('f/a')), lacking])).toEqual(['f. f', 'f. f/a'])
    const away = failing('server3', [], lost)
    expect(await lines([lacking, walking('server1', files('f/a')), away])).toEqual(['.f? f', '.f? f/a'])
  })

  test('it does not come where every node has it', async () => {
    expect(await lines([walking('server1', files('f/a')), walking('server2', [])])).toEqual(['f. f/a'])
    expect(await lines([walking('server1', []), failing('server2', [], lost)])).toEqual([])
  })

  test('it is the row that it is anyway where it is a file', async () => {
    const nodes = [walking('server1', files('f')), failing('server2', [], nothingThere)]
    expect(await lines(nodes)).toEqual(['f. f'])
  })

  test('it is NOT_FOUND where nobody has it', async () => {
    await expect(lines([failing('server1', [], nothingThere)])).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

test('a node that failed before is not asked, and named with its reason', async () => {
  const nodes = [walking('server1', files('a')), walking('server2', files('a'))]
  const failed = new Map([[nodes[1]!.name, 'did not read everything']])
  const walk = new MergedWalk({ nodes, folder: wholeTree, recursive: true, failed })
  expect((await walk.next())?.held.map(letterOf)).toEqual(['f', '?'])
  expect(walk.unreachable()).toEqual([
    { node: 'server2', reason: 'did not read everything', behindOps: null },
  ])
  expect(nodes[1]!.asked).toEqual([])
})

test('nodes are asked for the buckets that are wanted', async () => {
  const asked: unknown[] = []
  const buckets = new Set([1, 2])
  const node = new ScriptedNode('server1', {
    walk(...question) {
      asked.push(question)
      return pagesOf([])
    },
  })
  await new MergedWalk({ nodes: [node], folder: wholeTree, recursive: true, buckets }).next()
  expect(asked).toEqual([['', true, buckets]])
})

test('closing lets go of every walk that is not at its end, and of none twice', async () => {
  const ended: string[] = []
  const node = (name: string, paths: string[]) =>
    new ScriptedNode(name, {
      async *walk() {
        try {
          yield* pagesOf(files(...paths), 1)
        } finally {
          ended.push(name)
        }
      },
    })
  const walk = new MergedWalk({
    nodes: [node('server1', ['a']), node('server2', ['b', 'c'])],
    folder: wholeTree,
    recursive: true,
  })
  await walk.next()
  await walk.next()
  expect(ended).toEqual(['server1'])
  await walk.close()
  expect(ended).toEqual(['server1', 'server2'])
})
