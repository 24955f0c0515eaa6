import {
  fileCopy,
  fileEntry,
  folderEntry,
  nodeOf,
  pagesOf,
  ScriptedNode,
} from '../../fixtures/scripted-node.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { Entry } from '../../protocol/messages.ts'
import { parsePath } from '../../protocol/path.ts'
import type { NodeAnswer } from '../../protocol/verdict.ts'
import { listFolder } from './folder-list.ts'

const folder = parsePath('f')
const nothingIsOurs = () => false
const allIsOurs = () => true
const digest = (content: string) => digestOf(Buffer.from(content)).digest
const file = (path: string, ...contents: string[]) => ({ path, what: 'file', seen: contents.map(digest) })

/** A node whose walk gives these entries, and which says what `look` says of files whose digest is not known. */
function walking(name: string, entries: readonly Entry[], look?: (path: string) => NodeAnswer): ScriptedNode {
  return new ScriptedNode(name, { walk: () => pagesOf(entries), ...(look === undefined ? {} : { look }) })
}

/** A node whose walk ends with this. */
function failing(name: string, error: ConcurError, before: readonly Entry[] = []): ScriptedNode {
  return new ScriptedNode(name, {
    async *walk() {
      yield before
      throw error
    },
  })
}

test('everything that all nodes have alike is in the list, in the order of a listing', async () => {
  const entries = [
    folderEntry('f'),
    fileEntry('f/a', 'A'),
    fileEntry('f/a.txt', 'B'),
    folderEntry('f/a/b'),
    fileEntry('f/c', ''),
  ]
  const nodes = [walking('server1', entries), walking('server2', entries)]
  expect(await listFolder(nodes, folder, nothingIsOurs)).toEqual([
    file('f/a', 'A'),
    file('f/a.txt', 'B'),
    { path: 'f/a/b', what: 'folder', seen: [] },
    file('f/c', ''),
  ])
  expect(nodes.map(({ asked }) => asked)).toEqual([['walk f'], ['walk f']])
})

test('of an empty folder the list is empty', async () => {
  expect(await listFolder([walking('server1', [])], folder, nothingIsOurs)).toEqual([])
})

test('only nodes that do not know a digest are asked for it', async () => {
  const nodes = [
    nodeOf('server1', { 'f/a': 'A' }),
    walking('server2', [fileEntry('f/a', 'A', { knows: false })], () => ({
      node: 'server2' as NodeName,
      copy: fileCopy('A'),
    })),
  ]
  expect(await listFolder(nodes, folder, nothingIsOurs)).toEqual([file('f/a', 'A')])
  expect(nodes.map(({ asked }) => asked)).toEqual([['walk f'], ['walk f', 'look f/a']])
})

describe('what is not alike on every node', () => {
  const nodes = () => [
    nodeOf('server1', { 'f/differs': 'A', 'f/first only': 'A' }),
    nodeOf('server2', { 'f/differs': 'B', 'f/second only': 'B' }),
  ]

  test('stays where it was not put through us', async () => {
    expect(await listFolder(nodes(), folder, nothingIsOurs)).toEqual([])
  })

  test('goes where it was, with every content that was seen', async () => {
    expect(await listFolder(nodes(), folder, path => path !== 'f/second only')).toEqual([
      file('f/differs', 'A', 'B'),
      file('f/first only', 'A'),
    ])
  })

  test('because one node does not have the folder, stays as well; folders go', async () => {
    const lacking = failing('server2', new ConcurError('NOT_FOUND', 'not on server2'))
    const has = [folderEntry('f/b'), fileEntry('f/b/c', 'C')]
    const found = await listFolder([walking('server1', has), lacking], folder, nothingIsOurs)
    expect(found).toEqual([{ path: 'f/b', what: 'folder', seen: [] }])
  })
})

test.each([
  ['a file here and a folder there', [fileEntry('f/a', 'A')], [folderEntry('f/a')]],
  [
    'a link',
    [{ ...folderEntry('f/a'), type: 'other' as const }],
    [{ ...folderEntry('f/a'), type: 'other' as const }],
  ],
])('%s stays, whoever put it there', async (_, first, second) => {
  expect(
    await listFolder([walking('server1', first), walking('server2', second)], folder, allIsOurs),
  ).toEqual([])
})

test.each<[string, NodeAnswer['copy'] & object]>([
  ['cannot be read', { is: 'unreadable', reason: 'permission denied' }],
  ['is gone when it is asked for', { is: 'absent' }],
  ['is a folder by then', { is: 'folder' }],
])('a copy that %s is no copy that is alike', async (_, copy) => {
  const entries = [fileEntry('f/a', 'A', { knows: false })]
  const other = walking('server2', entries, () => ({ node: 'server2' as NodeName, copy }))
  const nodes = [nodeOf('server1', { 'f/a': 'A' }), other]
  expect(await listFolder(nodes, folder, nothingIsOurs)).toEqual([])
  expect(await listFolder(nodes, folder, allIsOurs)).toEqual([file('f/a', 'A')])
})

describe('a list that cannot be made', () => {
  test('because a node is lost on the way names it', async () => {
    const lost = failing('server2', new ConcurError('UNREACHABLE', 'server2 is not connected'), [
      fileEntry('f/a', 'A'),
    ])
    const nodes = [nodeOf('server1', { 'f/a': 'A', 'f/b': 'B' }), lost]
    await expect(listFolder(nodes, folder, allIsOurs)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'f: server2 is not connected',
    })
  })

  test('because a folder on one node cannot be read says so', async () => {
    const error = new ConcurError('IO_ERROR', 'f/secret cannot be read')
    const nodes = [nodeOf('server1', {}), failing('server2', error)]
    await expect(listFolder(nodes, folder, allIsOurs)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('f/secret cannot be read'),
    })
  })

  test('because a node cannot say what it has there names that path', async () => {
    const entries = [fileEntry('f/a', 'A', { knows: false })]
    const silent = walking('server2', entries, () => ({
      node: 'server2' as NodeName,
      copy: null,
      reason: 'did not answer within 2 s',
    }))
    await expect(
      listFolder([nodeOf('server1', { 'f/a': 'A' }), silent], folder, nothingIsOurs),
    ).rejects.toMatchObject({ code: 'UNREACHABLE', message: 'f/a: server2 did not answer within 2 s' })
  })

  test('because no node has the folder any more is NOT_FOUND', async () => {
    const gone = (name: string) => failing(name, new ConcurError('NOT_FOUND', `not on ${name}`))
    await expect(listFolder([gone('server1'), gone('server2')], folder, allIsOurs)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  test('lets go of every walk', async () => {
    const over: string[] = []
    const endless = (name: string, look: NodeAnswer['copy']) =>
      new ScriptedNode(name, {
        async *walk() {
          try {
            for (let at = 0; at < 1_000; at++)
              yield [fileEntry(`f/${String(at).padStart(6, '0')}`, 'A', { knows: false })]
          } finally {
            over.push(name)
          }
        },
        look: () =>
          look === null
            ? { node: name as NodeName, copy: null, reason: 'is not connected' }
            : { node: name as NodeName, copy: look },
      })
    const nodes = [endless('server1', fileCopy('A')), endless('server2', null)]
    await expect(listFolder(nodes, folder, nothingIsOurs)).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(over.sort()).toEqual(['server1', 'server2'])
  })
})
