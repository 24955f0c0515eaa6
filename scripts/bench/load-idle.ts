/** Connections that have said HELLO and nothing more. They stay until the load process ends. */
import type { Connection } from '../../protocol/connection.ts'
import { connectTo, readSmall } from './load-concur.ts'

/** Connections that are opened at once. */
const batch = 100

/** @returns them, when all are open and the last of them got an answer. @throws Error when one was refused or lost. */
export async function openIdle(port: number, count: number): Promise<{ connections: readonly Connection[] }> {
  const connections: Connection[] = []
  let lost = 0
  while (connections.length < count) {
    const missing = Math.min(batch, count - connections.length)
    const opening = Array.from({ length: missing }, () => connectTo(port, () => lost++))
    connections.push(...(await Promise.all(opening)))
  }
  await new Promise<void>((resolve, reject) =>
    readSmall(connections.at(-1)!, 0, { onAnswer: resolve, onFailed: reject }),
  )
  if (lost > 0) throw new Error(`${lost} of ${count} connections were lost`)
  return { connections }
}
