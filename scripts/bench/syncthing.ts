/** Two syncthings, as Debian installs them, that keep one folder the same; the second is away again and again. */
import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Children, childEnvironment } from './children.ts'
import { freePort } from './ports.ts'
import {
  apiKey,
  configText,
  type Device,
  deviceIdIn,
  type FolderStatus,
  folderId,
  hasAllOf,
} from './syncthing-config.ts'

const startWithinMs = 30_000
const settleWithinMs = 600_000
const askEveryMs = 50

/**
 * One process instead of two, of which the first would only watch the second; and which of its SHA-256 is the fastest
 * is not tried for a second at every start.
 */
const environment = { ...childEnvironment, STMONITORED: 'yes', STHASHING: 'minio' }

export class SyncthingPair {
  private readonly children: Children
  private readonly first: Place
  private readonly second: Place

  /** Makes both; the first runs until the row ends, the second is away. */
  static async start(children: Children, folder: string): Promise<SyncthingPair> {
    const first = await makePlace(join(folder, 'first'))
    const second = await makePlace(join(folder, 'second'))
    writeFileSync(join(first.home, 'config.xml'), configText(first, second))
    writeFileSync(join(second.home, 'config.xml'), configText(second, first))
    const pair = new SyncthingPair(children, first, second)
    await pair.untilAnswered(pair.run(first), first)
    return pair
  }

  private constructor(children: Children, first: Place, second: Place) {
    this.children = children
    this.first = first
    this.second = second
  }

  /**
   * `fill` makes what the second missed in an empty folder.
   * @returns milliseconds from the start of the second until it has all. Both folders are empty afterwards.
   */
  async timeReturn(fill: (folder: string) => void): Promise<number> {
    const missed = join(this.first.folder, 'missed')
    fill(missed)
    // What was made here is on its way to the disk already, and must not be in the way of what is measured.
    execFileSync('sync', ['-f', missed])
    const whole = await this.scanned()
    const startedMs = performance.now()
    const child = this.run(this.second)
    await this.untilSecondHas(child, whole)
    const ms = performance.now() - startedMs
    rmSync(missed, { recursive: true })
    await this.untilSecondHas(child, await this.scanned())
    await this.children.end(child)
    return ms
  }

  private run({ home }: Place): ChildProcess {
    const args = ['serve', `--home=${home}`, '--no-browser', '--no-upgrade', '--no-default-folder']
    return this.children.spawn('syncthing', args, { stdio: 'ignore', env: environment })
  }

  /** @returns what the first has, when it has looked through its folder. */
  private async scanned(): Promise<FolderStatus> {
    await ask(this.first, 'POST', 'scan')
    return (await ask(this.first, 'GET', 'status')) as FolderStatus
  }

  private async untilSecondHas(child: ChildProcess, whole: FolderStatus): Promise<void> {
    await until(child, settleWithinMs, 'comes to have all', async () => {
      const status = await askIfUp(this.second)
      return status !== null && hasAllOf(status, whole)
    })
  }

  private async untilAnswered(child: ChildProcess, place: Place): Promise<void> {
    await until(child, startWithinMs, 'answers', async () => (await askIfUp(place)) !== null)
  }
}

interface Place extends Device {
  readonly home: string
}

/** Makes an empty folder and a device for it. */
async function makePlace(folder: string): Promise<Place> {
  const place = { home: join(folder, 'home'), folder: join(folder, 'files') }
  mkdirSync(place.folder, { recursive: true })
  const args = ['generate', `--home=${place.home}`, '--no-default-folder', '--skip-port-probing']
  const { stdout, stderr } = spawnSync('syncthing', args, { encoding: 'utf8' })
  return { ...place, id: deviceIdIn(stdout + stderr), port: await freePort(), askPort: await freePort() }
}

async function until(
  child: ChildProcess,
  withinMs: number,
  what: string,
  isSo: () => Promise<boolean>,
): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!(await isSo())) {
    if (child.exitCode !== null || performance.now() > endMs) throw new Error(`no syncthing ${what}`)
    await new Promise(resolve => setTimeout(resolve, askEveryMs))
  }
}

async function ask({ askPort }: Device, method: 'GET' | 'POST', what: string): Promise<unknown> {
  const address = `http://127.0.0.1:${askPort}/rest/db/${what}?folder=${folderId}`
  const answer = await fetch(address, { method, headers: { 'X-API-Key': apiKey } })
  if (!answer.ok) throw new Error(`syncthing answered ${what} with ${answer.status}: ${await answer.text()}`)
  return method === 'GET' ? answer.json() : answer.text()
}

/** @returns null while it starts. */
async function askIfUp(device: Device): Promise<FolderStatus | null> {
  try {
    return (await ask(device, 'GET', 'status')) as FolderStatus
  } catch {
    return null
  }
}
