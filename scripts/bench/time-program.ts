/** How long a program takes, as a whole process. */
import type { Children } from './children.ts'

export interface Ended {
  readonly ms: number
  /** What it wrote to standard output. */
  readonly output: string
}

export interface Expected {
  readonly status?: number
  readonly onStarted?: ((pid: number) => void) | undefined
}

/**
 * @returns milliseconds from before it is started, which is not over until the program runs, to its end.
 * @throws Error when it exits with another status than expected: 0 unless stated.
 */
export async function timeProgram(
  children: Children,
  [program, ...args]: readonly [string, ...string[]],
  { status = 0, onStarted = () => {} }: Expected = {},
): Promise<Ended> {
  const startedMs = performance.now()
  const child = children.spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onStarted(child.pid!)
  let output = ''
  child.stdout!.on('data', (bytes: Buffer) => {
    output += bytes.toString()
  })
  const exited = await new Promise((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', reject)
  })
  const ms = performance.now() - startedMs
  if (exited !== status) throw new Error(`${child.spawnargs.join(' ')} exited with ${exited}: ${output}`)
  return { ms, output }
}
