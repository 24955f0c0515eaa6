/** Small files from a web server over one kept connection, one request at a time. */
import { connect, type Socket } from 'node:net'
import { smallBytes, smallContent, smallFiles, smallPath } from './contents.ts'
import type { Lane, LaneEvents } from './load-rate.ts'

const headEnd = '\r\n\r\n'
const files = Array.from({ length: smallFiles }, (_, number) => ({
  request: `GET /${smallPath(number)} HTTP/1.1\r\nHost: bench${headEnd}`,
  content: smallContent(number),
}))

export class HttpLane implements Lane {
  private static lanes = 0
  private readonly socket: Socket
  private readonly events: LaneEvents
  private next: number
  private held: Buffer | null = null

  static open(port: number, events: LaneEvents): Promise<HttpLane> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new HttpLane(socket, events)))
    })
  }

  private constructor(socket: Socket, events: LaneEvents) {
    this.socket = socket
    this.events = events
    this.next = HttpLane.lanes++ * 7
    socket.on('error', error => events.onFailed(error))
    socket.on('end', () => events.onFailed(new Error('the web server closed the connection')))
    socket.on('data', bytes => this.onBytes(bytes))
  }

  ask(): void {
    this.socket.write(files[++this.next % smallFiles]!.request, 'latin1')
  }

  close(): void {
    this.socket.destroy()
  }

  private onBytes(bytes: Buffer): void {
    const answer = this.held === null ? bytes : Buffer.concat([this.held, bytes])
    const head = answer.indexOf(headEnd)
    if (head === -1 || answer.length < head + headEnd.length + smallBytes) {
      this.held = Buffer.from(answer)
      return
    }
    this.held = null
    const { content } = files[this.next % smallFiles]!
    const isRight = answer.compare(content, 0, smallBytes, head + headEnd.length) === 0
    if (isRight) this.events.onAnswer()
    else
      this.events.onFailed(new Error(`wrong answer of the web server: ${answer.toString('latin1', 0, 80)}`))
  }
}
