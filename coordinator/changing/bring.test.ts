import { fileCopy, pourText, ScriptedNode } from '../../fixtures/scripted-node.ts'
import type { ChangeRequest } from '../../protocol/change-messages.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { FilePath } from '../../protocol/path.ts'
import { bring } from './bring.ts'
import { World } from './change-work.fixture.ts'

const path = 'a' as FilePath
const { digest } = digestOf(Buffer.from('content'))
const restore = { type: 'restore', path, at: 7, digest, size: null } as const
const resolve = {
  type: 'resolve',
  path,
  node: 'server2' as NodeName,
  from: null,
  executable: null,
  bytes: null,
  amongMany: false,
} as const

const refusing = (name: string, code: ErrorCode) =>
  new ScriptedNode(name, { recall: () => Promise.reject(new ConcurError(code, `${name}: no`)) })
const having = (name: string, content = 'content') =>
  new ScriptedNode(name, {
    recall: async (_, sink) => {
      await pourText(content, sink)
      return true
    },
    look: () => ({ node: name as NodeName, copy: fileCopy(content, { executable: true }) }),
    pour: (_path, _digest, sink) => pourText(content, sink),
  })

function brought(what: ChangeRequest['what'], ...nodes: ScriptedNode[]) {
  const world = new World({}, {})
  return bring({ nodes, newIncoming: () => world.newIncoming(), seqOf: () => 5 }, what)
}

test('what a client sends itself, or what has no bytes, is not looked for', async () => {
  expect(await brought({ type: 'mkdir', path, parents: false })).toBeNull()
  expect(await brought({ ...resolve, node: null })).toBeNull()
})

describe('what is brought back', () => {
  test.each(['NOT_FOUND', 'CHANGED', 'IO_ERROR', 'BAD_DIGEST', 'UNREACHABLE'] as const)(
    'comes from the next node where the first says %s',
    async code => {
      const received = await brought(restore, refusing('server1', code), having('server2'))
      expect(received).toMatchObject({ size: 7, digest, executable: true })
      expect(received!.inline!.toString()).toBe('content')
    },
  )

  test('comes from the next node where what the first one gives is another content', async () => {
    const received = await brought(restore, having('server1', 'other'), having('server2'))
    expect(received!.inline!.toString()).toBe('content')
  })

  test('is looked for behind the operation that is named, or behind the last that is known to have made it', async () => {
    const node = having('server1')
    await brought(restore, node)
    await brought({ ...restore, at: null }, node)
    expect(node.asked).toEqual(['recall a at 7', 'recall a at 5'])
  })

  test('is NOT_FOUND when every node was asked, UNREACHABLE when one could not be', async () => {
    const refused = brought(restore, refusing('server1', 'NOT_FOUND'), refusing('server2', 'IO_ERROR'))
    await expect(refused).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `a: no node has ${digest} any more`,
    })
    const unknown = brought(restore, refusing('server1', 'UNREACHABLE'), refusing('server2', 'NOT_FOUND'))
    await expect(unknown).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })

  test('ends with what is nobody’s in particular', async () => {
    const second = having('server2')
    const failed = brought(restore, refusing('server1', 'NO_SPACE'), second)
    await expect(failed).rejects.toMatchObject({ code: 'NO_SPACE' })
    expect(second.asked).toEqual([])
  })
})

describe('a node’s copy', () => {
  const nodes = () => [having('server1', 'other'), having('server2')]

  test('comes with the bit by which it may be run, from where it is asked for', async () => {
    const [first, second] = nodes()
    const received = await brought({ ...resolve, from: 'b' as FilePath }, first!, second!)
    expect(received).toMatchObject({ digest, executable: true })
    expect([first!.asked, second!.asked]).toEqual([[], ['look b', 'pour b']])
  })

  test.each([
    [{ is: 'absent' }, 'NOT_FOUND'],
    [{ is: 'folder' }, 'IS_DIRECTORY'],
    [{ is: 'other', what: 'link' }, 'NOT_A_FILE'],
    [{ is: 'unreadable', reason: 'EACCES' }, 'IO_ERROR'],
    [{ ...fileCopy('content'), rotten: true }, 'CONFLICT'],
  ])('that is %j is refused as %s', async (copy, code) => {
    const node = new ScriptedNode('server2', { look: () => ({ node: 'server2', copy }) as never })
    await expect(brought(resolve, node)).rejects.toMatchObject({ code })
  })

  test('of a node that cannot be asked, or is none, is refused', async () => {
    const away = new ScriptedNode('server2', {
      look: () => ({ node: 'server2' as NodeName, copy: null, reason: 'is not connected' }),
    })
    await expect(brought(resolve, away)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'a: server2 is not connected',
    })
    await expect(brought(resolve, having('server1'))).rejects.toMatchObject({ code: 'USAGE' })
  })
})
