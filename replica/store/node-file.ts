/** Who this store belongs to, kept in `node.json`. Every change is on the disk before it is told to anybody. */
import { ConcurError } from '../../protocol/errors.ts'
import {
  type ClusterId,
  type NodeId,
  type NodeName,
  parseClusterId,
  parseIncarnation,
  parseNodeId,
  parseNodeName,
} from '../../protocol/ids.ts'
import type { Epoch } from '../../protocol/record.ts'
import type { Random } from '../../protocol/world.ts'
import { type Disk, type Fd, newStat, readFully } from './disk.ts'
import { replaceDurably } from './durable-file.ts'

const fileName = 'node.json'
const nodeIdBytes = 16

interface NodeContent {
  readonly nodeId: NodeId
  readonly clusterId: ClusterId | null
  /** The configured nodes as the last link told them, the coordinator first. */
  readonly members: readonly NodeName[]
  /** The highest epoch that this node has promised to follow. */
  readonly promised: Epoch | null
  /** Of a coordinator: whom it knows by name. The journal says it too, as far back as it goes. */
  readonly nodeIds: Readonly<Record<string, NodeId>>
}

export class NodeFile {
  private readonly disk: Disk
  private readonly folder: Fd
  private content: NodeContent

  /**
   * Reads the file, or makes it with a new node id. `root`: where `folder` was made.
   * @throws ConcurError USAGE when it is there and says nothing that this version understands; DiskError.
   */
  constructor(options: { disk: Disk; root: Fd; folder: Fd; random: Random }) {
    this.disk = options.disk
    this.folder = options.folder
    const text = this.read()
    this.content = text === '' ? this.create(options) : parse(text)
  }

  get nodeId(): NodeId {
    return this.content.nodeId
  }

  get clusterId(): ClusterId | null {
    return this.content.clusterId
  }

  get members(): readonly NodeName[] {
    return this.content.members
  }

  /** @throws ConcurError WRONG_CLUSTER when the store belongs to another cluster already. */
  setClusterId(clusterId: ClusterId): void {
    if (clusterId === this.content.clusterId) return
    if (this.content.clusterId !== null)
      throw new ConcurError('WRONG_CLUSTER', `this copy belongs to cluster ${this.content.clusterId}`)
    this.write({ ...this.content, clusterId })
  }

  adoptClusterId(clusterId: ClusterId): void {
    if (clusterId !== this.content.clusterId) this.write({ ...this.content, clusterId })
  }

  get promised(): Epoch | null {
    return this.content.promised
  }

  setMembers(members: readonly NodeName[]): void {
    if (members.join() === this.content.members.join()) return
    this.write({ ...this.content, members: [...members] })
  }

  get nodeIds(): ReadonlyMap<NodeName, NodeId> {
    return new Map(Object.entries(this.content.nodeIds) as [NodeName, NodeId][])
  }

  noteNodeId(name: NodeName, nodeId: NodeId): void {
    if (this.content.nodeIds[name] === nodeId) return
    this.write({ ...this.content, nodeIds: { ...this.content.nodeIds, [name]: nodeId } })
  }

  /** From now on no lower epoch is followed, nor another one of this number. @throws DiskError. */
  setPromised(promised: Epoch): void {
    const { number, incarnation } = promised
    const before = this.content.promised
    if (before?.number === number && before.incarnation === incarnation) return
    this.write({ ...this.content, promised: { number, incarnation } })
  }

  /** Everything that the server will ever flush lies in the folder, whose own name is flushed here. */
  private create({ random, root }: { random: Random; root: Fd }): NodeContent {
    this.disk.flush(root)
    const nodeId = parseNodeId(random.bytes(nodeIdBytes).toString('hex'))!
    return this.write({ nodeId, clusterId: null, members: [], promised: null, nodeIds: {} })
  }

  private write(content: NodeContent): NodeContent {
    replaceDurably(this.disk, this.folder, fileName, Buffer.from(`${JSON.stringify(content, null, 2)}\n`))
    this.content = content
    return content
  }

  /** @returns '' when there is no such file yet. */
  private read(): string {
    const file = this.disk.openOwn(this.folder, fileName)
    try {
      const stat = newStat()
      this.disk.stat(file, stat)
      const bytes = Buffer.alloc(stat.size)
      return bytes.toString('utf8', 0, readFully(this.disk, file, bytes, 0))
    } finally {
      this.disk.close(file)
    }
  }
}

function parse(text: string): NodeContent {
  try {
    const { nodeId, clusterId, members, promised, nodeIds } = JSON.parse(text) as Record<string, unknown>
    const content = {
      nodeId: parseNodeId(String(nodeId)),
      clusterId: clusterId === null ? null : parseClusterId(String(clusterId)),
      members: (members as unknown[]).map(name => parseNodeName(String(name))),
      promised: epochFrom(promised ?? null),
      nodeIds: nodeIdsFrom(nodeIds ?? {}),
    }
    const isWhole = content.nodeId !== null && (clusterId === null || content.clusterId !== null)
    if (isWhole && !content.members.includes(null)) return content as NodeContent
  } catch {
    // Said below, whatever it was.
  }
  throw new ConcurError('USAGE', `.concur/${fileName} cannot be understood`)
}

/** A file from before they were noted has none. @throws Error when they are none. */
function nodeIdsFrom(value: unknown): Record<string, NodeId> {
  const pairs = Object.entries(value as Record<string, unknown>).map(([name, id]) => {
    const nodeId = parseNodeId(String(id))
    if (parseNodeName(name) === null || nodeId === null) throw new Error('no node id')
    return [name, nodeId] as const
  })
  return Object.fromEntries(pairs)
}

/** A file from before there were epochs has none. @throws Error when it is neither an epoch nor null. */
function epochFrom(value: unknown): Epoch | null {
  if (value === null) return null
  const { number, incarnation } = value as Record<string, unknown>
  const parsed = parseIncarnation(String(incarnation))
  if (!Number.isSafeInteger(number) || parsed === null) throw new Error('no epoch')
  return { number: number as number, incarnation: parsed }
}
