/** Changes of one small file each over one connection, each answer held against what it must be. */
import { randomBytes } from 'node:crypto'
import type { ChangeRequest, Done } from '../../protocol/change-messages.ts'
import type { Connection } from '../../protocol/connection.ts'
import { type Digest, digestOf } from '../../protocol/digest.ts'
import { parseNonce } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/opcodes.ts'
import { parsePath } from '../../protocol/path.ts'
import { connectTo } from './load-concur.ts'
import type { Lane, LaneEvents } from './load-rate.ts'

const filesPerFolder = 1_000

export interface ChangeOptions {
  readonly is: 'append' | 'create'
  /** What the paths begin with. */
  readonly path: string
  readonly bytes: number
  /** Nodes that must have the change when it is acknowledged. */
  readonly nodes: number
}

export class ChangeLane implements Lane {
  private readonly connection: Connection
  private readonly events: LaneEvents
  private readonly options: ChangeOptions
  private readonly nonce = parseNonce(randomBytes(16).toString('hex'))!
  private readonly content: Buffer
  private readonly digest: Digest
  private counter = 0
  private floor = 0
  /** Files of appends that no append is under way for: one more than those that are, at the most. */
  private readonly freeSlots: number[] = []
  private slots = 0

  static async open(port: number, events: LaneEvents, options: ChangeOptions): Promise<ChangeLane> {
    return new ChangeLane(await connectTo(port, events.onFailed), events, options)
  }

  private constructor(connection: Connection, events: LaneEvents, options: ChangeOptions) {
    this.connection = connection
    this.events = events
    this.options = options
    this.content = randomBytes(options.bytes)
    this.digest = digestOf(this.content).digest
  }

  ask(): void {
    const counter = ++this.counter
    const { is } = this.options
    const slot = is === 'append' ? (this.freeSlots.pop() ?? this.slots++) : counter
    const onMessage = ({ opcode, body }: Message): void => {
      if (opcode !== 'DONE') return
      if (is === 'append') this.freeSlots.push(slot)
      this.onDone(body)
    }
    const stream = this.connection.request(
      'CHANGE',
      this.request(slot, counter),
      {
        onMessage,
        onFailed: error => this.events.onFailed(error),
      },
      true,
    )
    void stream.sendPiece('CHUNK', this.content)
    void stream.sendFlow('SEAL', { size: this.content.length, digest: this.digest }, true)
  }

  close(): void {
    this.connection.close('UNREACHABLE', 'the bench has what it wants')
  }

  private request(slot: number, counter: number): ChangeRequest {
    const { is, path, bytes } = this.options
    return {
      operation: { nonce: this.nonce, counter, floor: this.floor },
      ifMatch: null,
      ifAbsent: false,
      ack: null,
      fence: null,
      what:
        is === 'append'
          ? { type: 'append', path: parsePath(`${path}-${slot}`), create: true, bytes }
          : {
              type: 'put',
              path: parsePath(`${path}/${Math.floor(slot / filesPerFolder)}/${slot}`),
              executable: null,
              bytes,
            },
    }
  }

  private onDone({ op, digest, applied, error }: Done): void {
    const isRight = this.options.is === 'append' || digest === this.digest
    if (op === null || error !== null || applied.length < this.options.nodes || !isRight)
      return this.events.onFailed(
        new Error(`a change came to ${applied.length} nodes: ${error?.message ?? 'and is another one'}`),
      )
    if (op.seq > this.floor) this.floor = op.seq
    this.events.onAnswer()
  }
}
