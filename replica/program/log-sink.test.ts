import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { fileSink, type LogSink, streamSink } from './log-sink.ts'

function written(sink: LogSink, batch: string): Promise<Error | null> {
  return new Promise(resolve => sink.write(batch, resolve))
}

describe('a file', () => {
  let folder: string
  let fd: number
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'concur-log-'))
    fd = openSync(join(folder, 'log'), 'a')
  })
  afterEach(() => {
    closeSync(fd)
    rmSync(folder, { recursive: true })
  })

  test('gets every batch whole, at once where that is asked for', async () => {
    const sink = fileSink(fd)
    expect(await written(sink, 'a ü\n')).toBeNull()
    sink.writeNow('b\n')
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('a ü\nb\n')
  })

  test('that cannot be written to is an error of the batch, and of nobody else', async () => {
    const full = openSync('/dev/full', 'w')
    const sink = fileSink(full)
    expect(await written(sink, 'a\n')).toMatchObject({ code: 'ENOSPC' })
    sink.writeNow('b\n')
    closeSync(full)
  })
})

describe('a stream', () => {
  test('gets every batch', async () => {
    const stream = new PassThrough()
    const sink = streamSink(stream)
    expect(await written(sink, 'a\n')).toBeNull()
    sink.writeNow('b\n')
    expect(String(stream.read())).toBe('a\nb\n')
  })

  test('that breaks is an error of this batch and the next', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    const sink = streamSink(broken)
    expect(await written(sink, 'a\n')).not.toBeNull()
    expect(await written(sink, 'b\n')).not.toBeNull()
    sink.writeNow('c\n')
  })
})
