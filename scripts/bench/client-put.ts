/** Uploads through our client, and the copies beside it: each of one file to a place where nothing is. */
import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Children } from './children.ts'
import { clientCommand } from './client-command.ts'
import { timeProgram } from './time-program.ts'

export interface ClientPut {
  readonly dist: string
  readonly port: number
  readonly file: string
  readonly path: string
  /** Nodes that must have it at the end. */
  readonly nodes: number
}

/** @returns milliseconds. @throws Error unless the client says that so many nodes have the file. */
export async function timePut(children: Children, put: ClientPut): Promise<number> {
  const { dist, port, file, path, nodes } = put
  const { ms, output } = await timeProgram(children, [
    ...clientCommand({ dist, port }),
    '--json',
    'put',
    file,
    path,
  ])
  const { applied } = JSON.parse(output) as { applied: string[] }
  if (applied.length !== nodes) throw new Error(`the put of ${path} came to other nodes: ${output}`)
  return ms
}

/** rsync to another place on this machine, every file flushed. @returns milliseconds. */
export function timeRsync(children: Children, from: string, to: string): Promise<number> {
  return timeCopy(children, to, ['rsync', '-a', '-W', '--fsync', from, to])
}

/** The bare copy of one file, flushed once. @returns milliseconds. */
export function timeDd(children: Children, from: string, to: string): Promise<number> {
  return timeCopy(children, to, ['dd', `if=${from}`, `of=${to}`, 'bs=1M', 'conv=fsync', 'status=none'])
}

async function timeCopy(children: Children, to: string, command: [string, ...string[]]): Promise<number> {
  mkdirSync(dirname(to), { recursive: true })
  const { ms } = await timeProgram(children, command)
  rmSync(to, { recursive: true })
  return ms
}
