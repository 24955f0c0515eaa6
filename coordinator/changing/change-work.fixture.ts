/** The nodes and the ledger with which one change is made, as a test writes them. */
import { type Contents, ScriptedMember } from '../../fixtures/scripted-member.ts'
import type { AckLevel, ChangeRequest } from '../../protocol/change-messages.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { ClientId, NodeName, StageId } from '../../protocol/ids.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Change, Operation } from '../../protocol/record.ts'
import type { Touching } from '../locks/locks.ts'
import type { Wanted } from '../ordering/ledger.ts'
import { type Asked, type Cluster, orderChange } from './change-work.ts'
import { Incoming, type Received } from './incoming.ts'
import type { Member } from './member.ts'

export const operation = { nonce: 'e'.repeat(32), counter: 3, floor: 0 } as Operation
export const digest = (content: string) => digestOf(Buffer.from(content)).digest

export class World {
  readonly nodes: ScriptedMember[]
  readonly ordered: Wanted[] = []
  /** Why each node was lost. */
  readonly lost: string[] = []
  /** Who is in the set beside the coordinator. */
  inSync: ScriptedMember[]
  /** Who of them has not been heard for too long. */
  silent: NodeName[] = []
  ack: AckLevel = 'available'
  refusal: ConcurError | null = null
  /** What the journal made of paths. */
  journaled: Record<string, string> = {}
  /** Settles when every node has settled what was before it came. */
  tails: Promise<void> = Promise.resolve()
  /** What the ledger throws. */
  orderFailure: ConcurError | null = null
  /** Why the coordinator's disk has no room. */
  shortage: ConcurError | null = null
  /** Called before the digest of an append is taken; what it throws is the answer. */
  onExtended: () => void = () => {}
  /** Whether what lies below a folder can be named below another. */
  fits: (from: FilePath, to: FilePath) => boolean = () => true
  /** What locks say of a change; what it throws is the answer. */
  admit: (touching: Touching) => void = () => {}
  /** The newest token of every path. */
  token = 0
  /** Settles when the record is over. */
  settling: (seq: number) => Promise<void> = () => Promise.resolve()
  readonly cluster: Cluster
  private stages = 0

  constructor(...contents: Contents[]) {
    this.nodes = contents.map((content, at) => new ScriptedMember(`server${at + 1}`, content))
    this.inSync = this.nodes.slice(1)
    const self = this.nodes[0]!
    const others = () => this.inSync
    const lose = ({ name }: Member, error: ConcurError): void => {
      this.lost.push(`${name} ${error.code}`)
      this.leave(name)
    }
    const world = this
    this.cluster = {
      store: {
        room: { refusal: () => this.shortage, owe: () => {}, makeWay: () => {} },
        journaled: path => {
          const content = this.journaled[path]
          return content === undefined ? null : ({ is: 'file', seq: 1, digest: digest(content) } as never)
        },
        survey: path => self.placeOf(path),
        fitsBelow: async (from, to) => this.fits(from, to),
        extended: async ({ path, base, added }) => {
          this.onExtended()
          const content = self.contents[path]!
          if (base !== digest(content)) throw new Error('an append to another base')
          const whole = Buffer.concat([Buffer.from(content), ...added])
          return { size: whole.length, digest: digestOf(whole).digest }
        },
        *stagedPieces(id) {
          yield* self.stages.get(id)!.pieces
        },
      },
      ledger: {
        get inSync() {
          return [self, ...world.inSync].map(({ name }) => name)
        },
        tails: { over: () => this.tails },
        order: (wanted, tooFew) => {
          if (this.orderFailure !== null) throw this.orderFailure
          this.ordered.push(wanted)
          this.tooFew = tooFew
          const seq = this.ordered.length
          return { seq, outcomes: new Map(), isCommitted: false, done: this.settling(seq) }
        },
      },
      locks: {
        admit: touching => this.admit(touching),
        tokenOf: () => this.token,
      },
      nodesConfigured: contents.length,
      get ack() {
        return world.ack
      },
      self,
      others,
      lose,
      loseSilent: () => {
        for (const name of this.silent) lose({ name } as Member, new ConcurError('UNREACHABLE', 'is silent'))
        this.silent = []
      },
      refusal: () => this.refusal,
      newIncoming: () => this.newIncoming(),
    }
  }

  /** As given to the ledger. */
  tooFew: (inSync: number) => string | null = () => null

  leave(name: NodeName): void {
    this.inSync = this.inSync.filter(node => node.name !== name)
  }

  newIncoming(): Incoming {
    return new Incoming({
      self: this.cluster.self,
      others: this.cluster.others,
      newStageId: () => (++this.stages).toString(16).padStart(32, '0') as StageId,
      onLost: this.cluster.lose,
    })
  }

  /** The bytes of a change, as they came from its client. */
  async upload(content: string | Buffer): Promise<Received> {
    const incoming = this.newIncoming()
    const bytes = Buffer.from(content)
    await incoming.take(bytes)
    return incoming.finish(bytes.length, digestOf(bytes).digest)
  }

  /** @returns the change that was ordered; null where there was nothing to do. */
  async order(
    what: ChangeRequest['what'],
    { content, ...asked }: Partial<ChangeRequest> & { content?: string | Buffer } = {},
  ): Promise<Change | null> {
    const request = { operation, ifMatch: null, ifAbsent: false, ack: null, fence: null, ...asked, what }
    const received = content === undefined ? null : await this.upload(content)
    const wish: Asked = { request, client: 'ann@laptop' as ClientId, received, bound: null }
    return (await orderChange(this.cluster, wish))?.change ?? null
  }

  asked(): string[][] {
    return this.nodes.map(({ asked }) => asked)
  }

  liveStages(): number[] {
    return this.nodes.map(({ liveStages }) => liveStages.length)
  }
}
