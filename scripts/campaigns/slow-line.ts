/** A line to a server that carries only so many bytes a second towards it, and all that comes back at once. */
import { type AddressInfo, connect, createServer, type Server } from 'node:net'

export class SlowLine {
  /** Towards the server; can be changed while the line is used. */
  bytesPerSecond = Number.POSITIVE_INFINITY
  private readonly server: Server

  /** @returns a line to that port of this machine, once it listens. */
  static async to(port: number): Promise<SlowLine> {
    const line = new SlowLine(port)
    await new Promise<void>(resolve => line.server.listen(0, '127.0.0.1', resolve))
    return line
  }

  private constructor(port: number) {
    this.server = createServer(near => {
      const far = connect(port, '127.0.0.1')
      near.on('data', bytes => {
        far.write(bytes)
        if (this.bytesPerSecond === Number.POSITIVE_INFINITY) return
        near.pause()
        setTimeout(() => near.resume(), (bytes.length / this.bytesPerSecond) * 1_000)
      })
      far.on('data', bytes => near.write(bytes))
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        one.on('error', () => other.destroy())
        one.on('close', () => other.destroy())
      }
    })
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }
}
