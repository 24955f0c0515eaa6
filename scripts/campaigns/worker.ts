/**
 * One client that changes its own folder, one change after the other, and remembers what it was told. The paths are few,
 * so that they are written, appended to, renamed and deleted over each other.
 */
import { ConcurClient } from '../../client/concur-client.ts'
import { BytesSource } from '../../client/sending/byte-source.ts'
import type { Wish } from '../../client/sending/wish.ts'
import type { SeededChance } from '../../fixtures/seeded-chance.ts'
import type { Done } from '../../protocol/change-messages.ts'
import { ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import type { ClientId } from '../../protocol/ids.ts'
import { parsePath } from '../../protocol/path.ts'
import { TcpNetwork } from '../../protocol/tcp.ts'
import type { Address } from '../../protocol/world.ts'
import { realRandom, realTimers } from '../../replica/program/world.ts'
import { bytesOf, type Change, Possible, type Tree } from './model.ts'
import { Violation } from './violation.ts'

/** Refusals for what is at the paths: they have to be true. */
const ofTheTree: readonly ErrorCode[] = [
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'IS_DIRECTORY',
  'NOT_A_FILE',
  'NOT_DIRECTORY',
  'NOT_EMPTY',
]

/** Refusals that only say that it cannot be done now. */
const ofTheMoment: readonly ErrorCode[] = ['UNREACHABLE', 'BUSY', 'TIMEOUT']

/** Who makes the folders that the workers begin in. */
export const campaignName = 'campaign'

const files = ['a', 'b', 'c']
const folders = ['d', 'e']

/** Bytes of a put: within a record, and beyond it. */
const sizes = [40, 3_000, 200_000]
const lineBytes = 40

export interface Acknowledged {
  readonly done: Done
  readonly change: Change
}

export function newClient(servers: readonly Address[], name: string): ConcurClient {
  const timers = realTimers()
  const dialer = new TcpNetwork(timers)
  return new ConcurClient({ servers, clientId: name as ClientId, dialer, timers, random: realRandom() })
}

export class Worker {
  readonly folder: string
  readonly possible = new Possible()
  readonly acknowledged: Acknowledged[] = []
  readonly unanswered: Change[] = []
  readonly refusals = new Map<string, number>()
  private readonly client: ConcurClient
  private readonly chance: SeededChance
  private pieces = 0

  constructor(folder: string, servers: readonly Address[], chance: SeededChance) {
    this.folder = folder
    this.client = newClient(servers, folder)
    this.chance = chance
  }

  /** Changes until `goesOn` says no. @throws Violation. */
  async run(goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      const isTaken = await this.make(this.choose(this.possible.trees[0]!))
      if (!isTaken) await new Promise(resolve => setTimeout(resolve, 20 + this.chance.below(60)))
    }
    this.client.close()
  }

  /** @returns whether it was done. @throws Violation. */
  private async make(change: Change): Promise<boolean> {
    const source = 'piece' in change ? new BytesSource(bytesOf(change.piece)) : null
    let done: Done
    try {
      done = await this.client.change({ what: this.wishFor(change) }, source)
    } catch (error) {
      this.refused(change, error)
      return false
    }
    if (done.outcome === 'unknown') {
      this.unanswered.push(change)
      this.possible.wentUnanswered(change)
      return false
    }
    if (done.op === null) throw this.violation('was answered as if there had been nothing to do', change)
    if (done.kept.length > 0 || done.replaced.some(({ cause }) => cause !== null))
      throw this.violation(`tells of edits that nobody made: ${JSON.stringify(done)}`, change)
    this.acknowledged.push({ done, change })
    if (!this.possible.acknowledged(change))
      throw this.violation(`was acknowledged (seq ${done.op.seq}), and cannot have been made`, change)
    return true
  }

  private refused(change: Change, error: unknown): void {
    if (!(error instanceof ConcurError)) throw error
    const { code, message } = error
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
    if (ofTheMoment.includes(code)) return
    const isTrue = ofTheTree.includes(code) && this.possible.refused(change)
    if (!isTrue) throw this.violation(`was refused with ${code}: ${message}`, change)
  }

  private violation(what: string, change: Change): Violation {
    return new Violation(`${this.folder}: ${JSON.stringify(change)} ${what}`)
  }

  private choose(tree: Tree): Change {
    const dice = this.chance.below(100)
    const path = this.one(files)
    if (dice < 30) return { type: 'put', path, piece: this.piece(this.one(sizes)) }
    if (dice < 55) return { type: 'append', path: 'log', piece: this.piece(lineBytes) }
    if (dice < 65) return { type: 'append', path, piece: this.piece(lineBytes) }
    const here = [...tree.keys()].filter(name => name !== 'log')
    if (here.length === 0 || dice < 75) {
      return { type: 'mkdir', path: folders.find(name => !tree.has(name)) ?? this.one(folders) }
    }
    const from = this.one(here)
    if (dice < 85) return { type: 'delete', path: from, recursive: tree.get(from) === 'folder' }
    const names = tree.get(from) === 'folder' ? folders : files
    const to = names.find(name => name !== from && !tree.has(name)) ?? names.find(name => name !== from)!
    return { type: 'rename', from, path: to, force: tree.has(to) }
  }

  private one<T>(of: readonly T[]): T {
    return of[this.chance.below(of.length)]!
  }

  private piece(bytes: number): string {
    this.pieces++
    return `${this.folder}-${this.pieces}:${bytes}`
  }

  private wishFor(change: Change): Wish['what'] {
    const at = (path: string) => parsePath(`${this.folder}/${path}`)
    const path = at(change.path)
    switch (change.type) {
      case 'put':
        return { type: 'put', path, executable: null }
      case 'append':
        return { type: 'append', path, create: true }
      case 'rename':
        return { type: 'rename', from: at(change.from), to: path, force: change.force }
      case 'delete':
        return { type: 'delete', path, recursive: change.recursive, force: false }
      case 'mkdir':
        return { type: 'mkdir', path, parents: false }
    }
  }
}
