// A line on the way to a server that carries only so many bytes a second towards it, and all that comes back at once.
//     node slow-line.mjs TARGET-PORT BYTES-PER-SECOND      says its own port on standard output
import net from 'node:net'

const [target, bytesPerSecond] = process.argv.slice(2).map(Number)

const server = net.createServer(near => {
  const far = net.connect(target, '127.0.0.1')
  near.on('data', bytes => {
    far.write(bytes)
    near.pause()
    setTimeout(() => near.resume(), (bytes.length / bytesPerSecond) * 1000)
  })
  far.on('data', bytes => near.write(bytes))
  for (const [one, other] of [
    [near, far],
    [far, near],
  ]) {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`))
