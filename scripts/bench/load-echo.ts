/** The bare echo, asked: as many bytes each way as a small read has. */
import { connect, type Socket } from 'node:net'
import { smallBytes } from './contents.ts'
import { Framing, TurnWriter } from './echo-frames.ts'
import type { Lane, LaneEvents } from './load-rate.ts'

/** What is sent, and how long the answer to it is. */
export interface EchoShape {
  readonly request: Buffer
  readonly answerBytes: number
}

/** As long as the request for a small file, and the file. */
export const readShape: EchoShape = { request: Buffer.alloc(20, 'path'), answerBytes: smallBytes }
/** The other way round. */
export const writeShape: EchoShape = { request: Buffer.alloc(smallBytes, 'file'), answerBytes: 16 }

export class EchoLane implements Lane {
  private readonly socket: Socket
  private readonly writer: TurnWriter
  private readonly request: Buffer
  private lastId = 0

  static open(port: number, events: LaneEvents, shape: EchoShape): Promise<EchoLane> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      socket.once('error', reject)
      socket.on('error', error => events.onFailed(error))
      socket.once('connect', () => resolve(new EchoLane(socket, events, shape)))
    })
  }

  private constructor(socket: Socket, events: LaneEvents, { request, answerBytes }: EchoShape) {
    this.request = request
    this.socket = socket
    this.writer = new TurnWriter(socket)
    const framing = new Framing((_, body) => {
      if (body.length === answerBytes) events.onAnswer()
      else events.onFailed(new Error(`${body.length} bytes from the echo`))
    })
    socket.on('data', bytes => framing.push(bytes))
  }

  ask(): void {
    this.writer.frame(++this.lastId, this.request)
  }

  close(): void {
    this.socket.destroy()
  }
}
