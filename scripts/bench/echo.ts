/**
 * The bare limit of a read that asks one other node: a request goes client → A → B → A → client, and nothing else
 * happens. Requests are 12 bytes of header and a path's worth of bytes, answers 12 bytes of header and 1 KiB. All that a
 * turn of the event loop brought leaves each hop in one write.
 *
 *     echo.mjs back          echo.mjs front PORT-OF-BACK
 */
import { connect, createServer, type Socket } from 'node:net'
import { smallBytes } from './contents.ts'
import { Framing, TurnWriter } from './echo-frames.ts'

const body = Buffer.alloc(smallBytes, 'echo')

function serve(onSocket: (socket: Socket) => void): void {
  const server = createServer({ noDelay: true }, socket => {
    socket.on('error', () => socket.destroy())
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as { port: number }).port))
}

function back(): void {
  serve(socket => {
    const writer = new TurnWriter(socket)
    const framing = new Framing(id => writer.frame(id, body))
    socket.on('data', bytes => framing.push(bytes))
  })
}

function front(backPort: number): void {
  const waiting = new Map<number, { readonly writer: TurnWriter; readonly id: number }>()
  let lastId = 0
  const toBack = connect({ port: backPort, host: '127.0.0.1', noDelay: true })
  const backWriter = new TurnWriter(toBack)
  const answers = new Framing((id, answer) => {
    const asker = waiting.get(id)!
    waiting.delete(id)
    asker.writer.frame(asker.id, answer)
  })
  toBack.on('data', bytes => answers.push(bytes))
  toBack.once('connect', () =>
    serve(socket => {
      const writer = new TurnWriter(socket)
      const framing = new Framing((id, request) => {
        const backId = ++lastId
        waiting.set(backId, { writer, id })
        backWriter.frame(backId, request)
      })
      socket.on('data', bytes => framing.push(bytes))
    }),
  )
}

process.on('disconnect', () => process.exit())
if (process.argv[2] === 'back') back()
else front(Number(process.argv[3]))
