/** How long a small read takes while something else goes on. One small read at a time, one after the other. */
import { BodyReceiver, returnBlock } from '../../protocol/body-receiver.ts'
import { BufferPool } from '../../protocol/buffer-pool.ts'
import type { Connection } from '../../protocol/connection.ts'
import { blockBytes } from '../../protocol/limits.ts'
import type { Read } from '../../protocol/messages.ts'
import { opcodes } from '../../protocol/opcodes.ts'
import { parsePath } from '../../protocol/path.ts'
import type { Stream, StreamEvents } from '../../protocol/stream.ts'
import { quantile } from './figures.ts'
import { assertAgreed, connectTo, readSmall } from './load-concur.ts'
import type { Beside, Latency } from './questions.ts'

/** @throws Error when an answer was wrong, or what went on beside failed. */
export async function measureLatency(port: number, beside: Beside): Promise<Latency> {
  let isWanted = true
  const connection = await connectTo(port, () => {})
  const elsewhere = beside.is === 'hashing' ? await connectTo(port, () => {}) : connection
  const ending = goOn(elsewhere, beside).finally(() => {
    isWanted = false
  })
  ending.catch(() => {})
  try {
    const latencies = await readWhile(connection, () => isWanted)
    await ending
    return latencyOf(latencies)
  } finally {
    for (const one of [connection, elsewhere]) one.close('UNREACHABLE', 'the bench has what it wants')
  }
}

async function goOn(connection: Connection, beside: Beside): Promise<void> {
  switch (beside.is) {
    case 'nothing':
      return new Promise(resolve => setTimeout(resolve, beside.forMs))
    case 'hashing':
      return hashAll(connection, beside.path)
    case 'body':
      return readBodies(connection, beside.path, beside.forMs)
  }
}

async function readWhile(connection: Connection, isWanted: () => boolean): Promise<number[]> {
  const latencies: number[] = []
  for (let number = 0; isWanted(); number++) {
    const askedMs = performance.now()
    await new Promise<void>((resolve, reject) =>
      readSmall(connection, number, { onAnswer: resolve, onFailed: reject }),
    )
    latencies.push(performance.now() - askedMs)
  }
  return latencies
}

function latencyOf(latencies: number[]): Latency {
  const sorted = Float64Array.from(latencies).sort()
  return {
    reads: sorted.length,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: sorted.at(-1)!,
  }
}

/** Every byte of both copies, and none of them sent. */
function hashAll(connection: Connection, path: string): Promise<void> {
  return read(
    connection,
    { path: parsePath(path), deep: true, bodies: 'none', from: null, lastOp: false },
    ({ settle }) => ({
      onMessage(message) {
        if (message.opcode === 'VERDICT') settle(() => assertAgreed(message.body))
      },
    }),
  )
}

async function readBodies(connection: Connection, path: string, forMs: number): Promise<void> {
  const request: Read = { path: parsePath(path), deep: false, bodies: 'agreed', from: null, lastOp: false }
  const neverRead = connection.request('READ', request, { onMessage() {}, onFailed() {} })
  const endMs = performance.now() + forMs
  do await readBody(connection, request)
  while (performance.now() < endMs)
  neverRead.cancel()
}

/** The whole content, each block checked, kept nowhere. */
function readBody(connection: Connection, request: Read): Promise<void> {
  const pool = new BufferPool({ bufferBytes: blockBytes, keepMax: 4 })
  let body: BodyReceiver | null = null
  return read(connection, request, ({ settle, stream }) => ({
    onMessage(message, fin, bodyBytes) {
      if (message.opcode === 'VERDICT') {
        assertAgreed(message.body)
        const { digest, size } = message.body.versions[0]!
        body = new BodyReceiver({ digest: digest!, size, pool, onBlock: block => returnBlock(pool, block) })
      }
      if (message.opcode === 'DIGESTS') body!.takeDigests(message.body)
      if (message.opcode === 'CHUNK') body!.takeBytes(message.body)
      if (opcodes[message.opcode].lane === 'flow') stream().consumed(bodyBytes)
      if (fin) settle(() => assertWhole(body!))
    },
  }))
}

function assertWhole(body: BodyReceiver): void {
  if (!body.isWhole) throw new Error('a large file that ends too early')
}

interface Reading {
  stream(): Stream
  /** Ends the read, with an error where `check` throws one. */
  settle(check: () => void): void
}

function read(
  connection: Connection,
  request: Read,
  events: (reading: Reading) => Pick<StreamEvents, 'onMessage'>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (check: () => void): void => {
      try {
        check()
        resolve()
      } catch (error) {
        reject(error)
      }
    }
    const { onMessage } = events({ settle, stream: () => stream })
    const stream = connection.request('READ', request, { onMessage, onFailed: reject })
  })
}
