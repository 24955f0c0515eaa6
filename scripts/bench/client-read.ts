/** Reads through the programs that people use: our client, and curl. Both throw what they read away. */
import type { Digest } from '../../protocol/digest.ts'
import type { Children } from './children.ts'
import { clientCommand } from './client-command.ts'
import { timeProgram } from './time-program.ts'

export interface ClientRead {
  readonly dist: string
  readonly port: number
  readonly path: string
  readonly digest: Digest
}

/** @returns milliseconds. @throws Error unless the client says that it received these very bytes. */
export async function timeClient(
  children: Children,
  { dist, port, path, digest }: ClientRead,
  onStarted?: (pid: number) => void,
): Promise<number> {
  const command = [...clientCommand({ dist, port }), '--json', 'get', path, '-o', '/dev/null'] as const
  const { ms, output } = await timeProgram(children, command, { onStarted })
  const { verdict, versions } = JSON.parse(output) as { verdict: string; versions: { digest: string }[] }
  if (verdict === 'SINGLE_FILE' && versions[0]!.digest === digest) return ms
  throw new Error(`the client read something else at ${path}: ${output}`)
}

/** @returns milliseconds. @throws Error unless so many bytes came. */
export async function timeCurl(children: Children, url: string, bytes: number): Promise<number> {
  const command = ['curl', '-s', '-f', '-o', '/dev/null', '-w', '%{size_download}', url] as const
  const { ms, output } = await timeProgram(children, command)
  if (output !== String(bytes)) throw new Error(`curl received ${output} bytes of ${bytes}`)
  return ms
}
