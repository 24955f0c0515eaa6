/** Reads through the programs that people use: our client, and curl. Both throw what they read away. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Digest } from '../../protocol/digest.ts'
import type { Children } from './children.ts'

export interface ClientRead {
  readonly dist: string
  readonly port: number
  readonly path: string
  readonly digest: Digest
}

interface Ended {
  readonly ms: number
  readonly output: string
}

/** @returns milliseconds from start to end. @throws Error unless it exits with `expected`. */
export async function timeProgram(
  child: ChildProcess,
  onStarted: (pid: number) => void = () => {},
  expected = 0,
): Promise<Ended> {
  const startedMs = performance.now()
  onStarted(child.pid!)
  let output = ''
  child.stdout!.on('data', (bytes: Buffer) => {
    output += bytes.toString()
  })
  const status = await new Promise((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', reject)
  })
  const ms = performance.now() - startedMs
  if (status !== expected) throw new Error(`${child.spawnargs.join(' ')} exited with ${status}: ${output}`)
  return { ms, output }
}

/** @returns milliseconds. @throws Error unless the client says that it received these very bytes. */
export async function timeClient(
  children: Children,
  { dist, port, path, digest }: ClientRead,
  onStarted?: (pid: number) => void,
): Promise<number> {
  const args = [
    join(dist, 'client.cjs'),
    '--server',
    `127.0.0.1:${port}`,
    '--json',
    'get',
    path,
    '-o',
    '/dev/null',
  ]
  const child = children.spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const { ms, output } = await timeProgram(child, onStarted)
  const { verdict, versions } = JSON.parse(output) as { verdict: string; versions: { digest: string }[] }
  if (verdict === 'SINGLE_FILE' && versions[0]!.digest === digest) return ms
  throw new Error(`the client read something else at ${path}: ${output}`)
}

/** @returns milliseconds. @throws Error unless so many bytes came. */
export async function timeCurl(children: Children, url: string, bytes: number): Promise<number> {
  const child = children.spawn('curl', ['-s', '-f', '-o', '/dev/null', '-w', '%{size_download}', url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { ms, output } = await timeProgram(child)
  if (output !== String(bytes)) throw new Error(`curl received ${output} bytes of ${bytes}`)
  return ms
}
