/** Verified reads of small files over one connection, each answer held against what it must be. */
import { Connection } from '../../protocol/connection.ts'
import type { ConcurError } from '../../protocol/errors.ts'
import { parseClientId } from '../../protocol/ids.ts'
import type { Verdict } from '../../protocol/messages.ts'
import type { Message } from '../../protocol/opcodes.ts'
import { type FilePath, parsePath } from '../../protocol/path.ts'
import type { StreamEvents } from '../../protocol/stream.ts'
import { TcpNetwork } from '../../protocol/tcp.ts'
import type { Timers } from '../../protocol/world.ts'
import { smallContent, smallFiles, smallPath } from './contents.ts'
import type { Lane, LaneEvents } from './load-rate.ts'

const dialWithinMs = 5_000

const timers: Timers = {
  after(ms, act) {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
  endOfTurn: act => void setImmediate(act),
}
const network = new TcpNetwork(timers)

const files: readonly { readonly path: FilePath; readonly content: Buffer }[] = Array.from(
  { length: smallFiles },
  (_, number) => ({ path: parsePath(smallPath(number)), content: smallContent(number) }),
)

/** @returns an open connection. `onClosed`: it is gone, also where we closed it. */
export async function connectTo(port: number, onClosed: (error: Error) => void): Promise<Connection> {
  const transport = await network.dial({ host: '127.0.0.1', port }, dialWithinMs)
  return new Promise((resolve, reject) => {
    const connection = new Connection({
      transport,
      side: 'dialer',
      timers,
      hello: {
        role: 'client',
        clientId: parseClientId('bench'),
        name: null,
        nodeId: null,
        clusterId: null,
        listenPort: null,
        members: [],
        epoch: null,
        lastSeq: null,
      },
      events: {
        onOpen: () => resolve(connection),
        onClosed(error) {
          reject(error)
          onClosed(error)
        },
      },
    })
  })
}

/** @throws Error unless both nodes hold the same. */
export function assertAgreed({ verdict, versions, error }: Verdict): void {
  if (verdict === 'SINGLE_FILE' && versions[0]!.copies.length === 2) return
  throw new Error(`expected one file on two nodes, got ${verdict} ${error?.message ?? ''}`)
}

/** One read of small file `number`; whole and right, or `onFailed`. */
class SmallRead implements StreamEvents {
  private readonly events: LaneEvents
  private readonly content: Buffer
  private bytesRead = 0

  constructor(content: Buffer, events: LaneEvents) {
    this.content = content
    this.events = events
  }

  onMessage(message: Message, fin: boolean): void {
    try {
      if (message.opcode === 'VERDICT') assertAgreed(message.body)
      if (message.opcode === 'CHUNK') this.take(message.body)
      if (!fin) return
      if (this.bytesRead !== this.content.length) throw new Error(`${this.bytesRead} bytes of a small file`)
    } catch (error) {
      return this.events.onFailed(error as Error)
    }
    this.events.onAnswer()
  }

  onFailed(error: ConcurError): void {
    this.events.onFailed(error)
  }

  private take(bytes: Uint8Array): void {
    const end = this.bytesRead + bytes.length
    if (this.content.compare(bytes, 0, bytes.length, this.bytesRead, end) !== 0)
      throw new Error('wrong bytes of a small file')
    this.bytesRead = end
  }
}

/** Reads small file `number`, counted round and round. */
export function readSmall(connection: Connection, number: number, events: LaneEvents): void {
  const { path, content } = files[number % smallFiles]!
  connection.request(
    'READ',
    { path, deep: false, bodies: 'agreed', from: null, lastOp: false },
    new SmallRead(content, events),
  )
}

export class ConcurLane implements Lane {
  private static lanes = 0
  private readonly connection: Connection
  private readonly events: LaneEvents
  private next: number

  static async open(port: number, events: LaneEvents): Promise<ConcurLane> {
    return new ConcurLane(await connectTo(port, events.onFailed), events)
  }

  private constructor(connection: Connection, events: LaneEvents) {
    this.connection = connection
    this.events = events
    this.next = ConcurLane.lanes++ * 7
  }

  ask(): void {
    readSmall(this.connection, this.next++, this.events)
  }

  close(): void {
    this.connection.close('UNREACHABLE', 'the bench has what it wants')
  }
}
