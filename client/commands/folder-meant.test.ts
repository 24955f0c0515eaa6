import { ConcurError } from '../../protocol/errors.ts'
import type { Row } from '../../protocol/messages.ts'
import { parsePath } from '../../protocol/path.ts'
import { NoServerError } from '../connecting.ts'
import type { CommandContext } from './context.ts'
import { refuseNoFolder } from './folder-meant.ts'

const path = parsePath('a')
const row = (type: Row['type'], at = 'a'): Row => ({
  ...{ escaped: false, path: parsePath(at), type, mark: null, size: 0, digest: null },
  nodes: [{ node: 'server1' as never, copy: { type, digest: null, size: 0, mtimeMs: 0 } }],
})

/** What comes of a typed path, where the listing is as a test says. */
function refused(list: () => Row[], meansFolder = true) {
  let asked = 0
  const client = {
    async list(_path: string, _how: object, receiver: { onRows(rows: readonly Row[]): Promise<void> }) {
      asked++
      const rows = list()
      if (rows.length > 0) await receiver.onRows(rows)
    },
  }
  const refusal = refuseNoFolder({ client } as unknown as CommandContext, { path, meansFolder })
  return { refusal, asked: () => asked }
}

const failing = (error: Error) => () => {
  throw error
}

test('a path without a slash means anything, and nobody is asked', async () => {
  const { refusal, asked } = refused(() => [row('file')], false)
  expect([await refusal, asked()]).toEqual([null, 0])
})

test.each([
  ['a file', 'file', 'a file on server1'],
  ['a link', 'other', 'no folder on server1'],
] as const)('%s where a folder was meant is refused', async (_, type, message) => {
  expect(await refused(() => [row(type)]).refusal).toMatchObject({ code: 'NOT_DIRECTORY', message })
})

test.each([
  ['a folder', [row('folder')]],
  ['something below a folder', [row('file', 'a/b')]],
  ['nothing', []],
])('%s is taken', async (_, rows) => {
  expect(await refused(() => rows).refusal).toBeNull()
})

test.each(['NOT_FOUND', 'UNREACHABLE', 'TIMEOUT', 'BUSY'] as const)(
  'a listing that fails with %s hinders nothing: the change itself will say',
  async code => {
    expect(await refused(failing(new ConcurError(code, 'its reason'))).refusal).toBeNull()
  },
)

test('that there is no server ends the command', async () => {
  const error = new NoServerError('UNREACHABLE', 'no server answers')
  await expect(refused(failing(error)).refusal).rejects.toBe(error)
})
