import type { LogSink } from './log-sink.ts'
import { type LogLevel, prettyLines, ServerLog } from './logger.ts'
import { realTimers } from './world.ts'

function makeLog(level: LogLevel, pretty: ((line: string) => string) | null = null) {
  let text = ''
  const sink: LogSink = {
    write(batch, onDone) {
      text += batch
      setImmediate(() => onDone(null))
    },
    writeNow(batch) {
      text += batch
    },
  }
  const serverLog = new ServerLog({ level, sink, timers: realTimers(), pretty })
  const lines = async () => {
    await serverLog.flush(1_000)
    return text.split('\n').filter(line => line !== '')
  }
  return { serverLog, log: serverLog.log, lines }
}

test('a line is JSON with level, time, process, fields and message', async () => {
  const { log, lines } = makeLog('info')
  log.debug({}, 'too little')
  log.info({ op: 'read', path: 'ü\n.txt', ms: 1.5 }, 'request')
  const [line] = (await lines()).map(text => JSON.parse(text))
  expect(line).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    pid: process.pid,
    op: 'read',
    path: 'ü\n.txt',
    ms: 1.5,
    msg: 'request',
  })
})

test('an error is logged with its stack and its cause', async () => {
  const { log, lines } = makeLog('info')
  log.error({ err: new Error('outside', { cause: new Error('inside') }) }, 'went wrong')
  const [line] = (await lines()).map(text => JSON.parse(text))
  expect(line.err.stack).toMatch(/outside[\s\S]*logger\.test[\s\S]*inside/)
})

test.each<LogLevel>(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])(
  'where it listens and why it ends is said at level %s',
  async level => {
    const { serverLog, lines } = makeLog(level)
    serverLog.listening({ host: '::1', port: 6001 })
    serverLog.fatal({}, 'the end')
    const said = (await lines()).map(text => JSON.parse(text))
    expect(said).toMatchObject([{ msg: 'listening', host: '::1', port: 6001 }, { msg: 'the end' }])
  },
)

test('a level silences what lies below it', async () => {
  const { log, lines } = makeLog('error')
  log.info({}, 'no')
  log.warn({}, 'no')
  log.error({}, 'yes')
  expect(await lines()).toHaveLength(1)
})

test('people see a line without JSON around it', async () => {
  const { serverLog, lines } = makeLog('info', await prettyLines({ colour: false }))
  serverLog.listening({ host: '127.0.0.1', port: 6001 })
  expect(await lines()).toEqual([
    expect.stringMatching(/^\[[\d:.]+] INFO: listening \{"host":"127\.0\.0\.1","port":6001}$/),
  ])
})

test('colour is for those who want it', async () => {
  const line = '{"level":"info","msg":"x"}'
  expect((await prettyLines({ colour: true }))(line)).toContain('\u001b[')
  expect((await prettyLines({ colour: false }))(line)).not.toContain('\u001b[')
})
