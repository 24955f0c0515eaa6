/** A line on the way to a server of this machine that counts the bytes in both directions. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export class CountedLine {
  bytes = 0
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private target = 0

  constructor() {
    this.server = createServer({ noDelay: true }, near => {
      const far = connect({ port: this.target, host: '127.0.0.1', noDelay: true })
      this.carry(near, far)
      this.carry(far, near)
    })
  }

  /** @returns the port that leads to `target` from now on. */
  to(target: number): Promise<number> {
    this.target = target
    return new Promise(resolve =>
      this.server.listen(0, '127.0.0.1', () => resolve((this.server.address() as { port: number }).port)),
    )
  }

  close(): void {
    this.server.close()
    for (const socket of this.sockets) socket.destroy()
  }

  private carry(from: Socket, to: Socket): void {
    this.sockets.add(from)
    from.on('data', bytes => {
      this.bytes += bytes.length
      to.write(bytes)
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.sockets.delete(from)
      to.destroy()
    })
  }
}
