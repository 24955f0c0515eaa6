// counting-relay TO FOLDER MIB_PER_SECOND: passes on what is dialled here to the port TO of this machine. In FOLDER it
// writes down its own port (`port`) and how many bytes it has passed on towards TO (`passed`); SIGUSR1 cuts every
// connection. It is as slow as a line of that many MiB a second, 0 for any.
import { renameSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'

const [to, folder, rate] = process.argv.slice(2)
const bytesPerMs = (Number(rate) * 2 ** 20) / 1000
const open = new Set()
let passed = 0

// Whole, for whoever reads it meanwhile.
function writeDown(name, number) {
  writeFileSync(`${folder}/${name}.new`, String(number))
  renameSync(`${folder}/${name}.new`, `${folder}/${name}`)
}

async function pass(from, into) {
  for await (const bytes of from) {
    into.write(bytes)
    passed += bytes.length
    writeDown('passed', passed)
    if (bytesPerMs > 0) await setTimeout(bytes.length / bytesPerMs)
  }
  into.end()
}

function serve(near) {
  const far = connect(Number(to), '127.0.0.1')
  for (const end of [near, far]) {
    open.add(end)
    end.setNoDelay(true)
    end.on('error', () => {})
    end.on('close', () => {
      open.delete(end)
      near.destroy()
      far.destroy()
    })
  }
  far.pipe(near)
  pass(near, far).catch(() => {})
}

process.on('SIGUSR1', () => {
  for (const end of open) end.destroy()
})
writeDown('passed', 0)
const server = createServer(serve)
server.listen(0, '127.0.0.1', () => writeDown('port', server.address().port))
