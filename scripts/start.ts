/**
 * `npm start`: a coordinator and a replica over a copy of the sample files, the four reads shown through the real
 * client, then both left running to play with until Ctrl-C.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const coordinatorAddress = '127.0.0.1:6001'
const replicaAddress = '127.0.0.1:6002'
const startWithinMs = 15_000

const folder = mkdtempSync(join(tmpdir(), 'concur-'))
const servers: ChildProcess[] = []
let isStopping = false

function say(line = ''): void {
  process.stdout.write(`${line}\n`)
}

/**
 * What it refuses to start for is its own sentence, and ends this program; one that somebody ends later does not.
 * @returns when the server answers.
 */
function startServer(program: string, args: readonly string[]): Promise<void> {
  let isUp = false
  const server = spawn(process.execPath, [`dist/${program}.js`, ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
    detached: true,
  })
  servers.push(server)
  return new Promise(resolve => {
    const giveUp = setTimeout(
      () => stop(1, `${program} did not answer within ${startWithinMs / 1000} s`),
      startWithinMs,
    )
    createInterface({ input: server.stderr! }).on('line', line => {
      if (line.includes('"msg":"listening"')) {
        clearTimeout(giveUp)
        isUp = true
        resolve()
      } else if (!line.startsWith('{')) {
        process.stderr.write(`${line}\n`)
      }
    })
    server.on('exit', code => {
      if (isStopping) return
      if (!isUp) return stop(code ?? 1)
      say(`The ${program} has ended. This starts it again, until its own Ctrl-C:`)
      say(`  node dist/${program}.js ${args.join(' ')}`)
    })
  })
}

function stop(status: number, sentence?: string): void {
  if (isStopping) return
  isStopping = true
  if (sentence !== undefined) process.stderr.write(`${sentence}\n`)
  const running = servers.filter(server => server.exitCode === null && server.signalCode === null)
  const gone = running.map(server => new Promise(resolve => server.once('exit', resolve)))
  for (const server of running) server.kill('SIGTERM')
  void Promise.all(gone).then(() => {
    rmSync(folder, { recursive: true, force: true })
    process.exit(status)
  })
}

function showRead(path: string): void {
  say(`$ concur get ${path}`)
  const client = join(process.cwd(), 'dist/client.cjs')
  const read = spawnSync(process.execPath, [client, 'get', path], {
    cwd: join(folder, 'here'),
    encoding: 'utf8',
  })
  process.stdout.write(`${read.stdout}${read.stderr}`)
}

process.on('SIGINT', () => stop(0))
process.on('SIGTERM', () => stop(0))
if (!existsSync('dist/client.cjs')) stop(1, 'dist/ is missing: npm run build makes it')
for (const name of ['server1', 'server2'])
  cpSync(join('fixtures/trees', name), join(folder, name), { recursive: true })
mkdirSync(join(folder, 'here'))

const quiet = ['--log-level', 'warn']
await startServer('replica', [
  '--name',
  'server2',
  '--root',
  join(folder, 'server2'),
  '--listen',
  replicaAddress,
  ...quiet,
])
const replica = ['--replica', `server2=${replicaAddress}`]
await startServer('coordinator', [
  '--name',
  'server1',
  '--root',
  join(folder, 'server1'),
  '--listen',
  coordinatorAddress,
  ...replica,
  ...quiet,
])

for (const path of ['file1.txt', 'file2.txt', 'file3.txt', 'file4.txt']) showRead(path)
say()
say(
  `The copies lie in ${folder}/server1 and ${folder}/server2: edit them, and read again from another terminal:`,
)
say('  npx concur ls -l        npx concur cat file1.txt        npx concur status        npx concur --help')
say('Ctrl-C ends both servers and removes the copies.')
