/**
 * The bare limit of a durable new file on two nodes: what comes in goes to the other node and onto both disks, and
 * nothing else happens. `journal`: the bytes into a preallocated journal, one fdatasync for all that came during the
 * last one, then every file renamed into place, and a sync of the file system twice a second. `each`: every file is
 * flushed, renamed and its folder flushed, by itself.
 *
 *     bare-store.mjs HOW FOLDER          bare-store.mjs HOW FOLDER PORT-OF-THE-OTHER
 */
import { execFile } from 'node:child_process'
import { closeSync, fdatasync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { Framing, TurnWriter } from './echo-frames.ts'

const [, , how, folder, otherPort] = process.argv as [string, string, string, string, string?]
const journalBytes = 64 * 1024 * 1024
const filesPerFolder = 1_000
const syncEveryMs = 500
const acknowledgement = Buffer.alloc(16, 'done')

type Store = (bytes: Buffer, onStored: () => void) => void

let files = 0

/** @returns the next file's folder, which is there. */
function folderOfNext(): string {
  const name = join(folder, String(Math.floor(files / filesPerFolder)))
  if (files % filesPerFolder === 0) mkdirSync(name, { recursive: true })
  return name
}

function storeInJournal(): Store {
  mkdirSync(folder, { recursive: true })
  const journal = openSync(join(folder, 'journal'), 'wx')
  for (let at = 0; at < journalBytes; at += 1024 * 1024) writeSync(journal, Buffer.alloc(1024 * 1024))
  fsyncSync(journal)
  let waiting: { bytes: Buffer; onStored: () => void }[] = []
  let isFlushing = false
  let position = 0
  setInterval(() => execFile('sync', ['-f', folder]), syncEveryMs)
  const flush = (): void => {
    const batch = waiting
    waiting = []
    isFlushing = batch.length > 0
    if (!isFlushing) return
    const bytes = Buffer.concat(batch.map(one => one.bytes))
    if (position + bytes.length > journalBytes) position = 0
    writeSync(journal, bytes, 0, bytes.length, position)
    position += bytes.length
    fdatasync(journal, error => {
      if (error !== null) throw error
      for (const one of batch) {
        const name = join(folderOfNext(), String(files++))
        const fd = openSync(`${name}.new`, 'wx')
        writeSync(fd, one.bytes)
        closeSync(fd)
        renameSync(`${name}.new`, name)
        one.onStored()
      }
      flush()
    })
  }
  return (bytes, onStored) => {
    waiting.push({ bytes: Buffer.from(bytes), onStored })
    if (isFlushing) return
    isFlushing = true
    setImmediate(flush)
  }
}

/** Flushes a folder or a file that is closed. */
async function flushed(path: string, bytes: Buffer | null): Promise<void> {
  const file = await open(path, bytes === null ? 'r' : 'wx')
  if (bytes !== null) await file.write(bytes)
  await file.sync()
  await file.close()
}

async function storeEach(bytes: Buffer, onStored: () => void): Promise<void> {
  const parent = folderOfNext()
  const name = join(parent, String(files++))
  await flushed(`${name}.new`, bytes)
  await rename(`${name}.new`, name)
  await flushed(parent, null)
  onStored()
}

const store: Store =
  how === 'journal' ? storeInJournal() : (bytes, onStored) => void storeEach(Buffer.from(bytes), onStored)

function serve(onSocket: (socket: Socket) => void): void {
  const server = createServer({ noDelay: true }, socket => {
    socket.on('error', () => socket.destroy())
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as { port: number }).port))
}

/** Passes what comes on to `other`, where there is one, and answers when both have it. */
function answer(pass: ((bytes: Buffer, onStored: () => void) => void) | null): void {
  serve(socket => {
    const writer = new TurnWriter(socket)
    const framing = new Framing((id, bytes) => {
      let missing = pass === null ? 1 : 2
      const onStored = (): void => {
        if (--missing === 0) writer.frame(id, acknowledgement)
      }
      pass?.(Buffer.from(bytes), onStored)
      store(bytes, onStored)
    })
    socket.on('data', arrived => framing.push(arrived))
  })
}

function passTo(port: number): void {
  const waiting = new Map<number, () => void>()
  let lastId = 0
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const writer = new TurnWriter(socket)
  const answers = new Framing(id => {
    waiting.get(id)!()
    waiting.delete(id)
  })
  socket.on('data', arrived => answers.push(arrived))
  socket.once('connect', () =>
    answer((bytes, onStored) => {
      waiting.set(++lastId, onStored)
      writer.frame(lastId, bytes)
    }),
  )
}

process.on('disconnect', () => process.exit())
if (otherPort === undefined) answer(null)
else passTo(Number(otherPort))
