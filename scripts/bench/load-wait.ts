/** Waits until every configured node has settled what is there. */
import { parsePath } from '../../protocol/path.ts'
import { connectTo } from './load-concur.ts'

const withinMs = 300_000

/** @returns when nobody is behind. @throws Error when somebody stays so. */
export function waitForAll(port: number, path: string): Promise<null> {
  return new Promise((resolve, reject) => {
    connectTo(port, reject).then(connection => {
      connection.request(
        'WAIT',
        { path: parsePath(path), timeoutMs: withinMs },
        {
          onMessage({ opcode, body }) {
            if (opcode !== 'WAITED') return
            if (body.behind.length > 0) reject(new Error(`a node stayed behind at ${path}`))
            else resolve(null)
            connection.close('UNREACHABLE', 'the bench has what it wants')
          },
          onFailed: reject,
        },
      )
    }, reject)
  })
}
