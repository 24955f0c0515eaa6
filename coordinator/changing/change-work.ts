/**
 * One change from its bytes to its answer: its turn, a survey of every node that is waited for, the decision, the record,
 * and what the nodes made of it. Up to the record a refusal leaves no trace. Clause: DESIGN.md section 5.
 */
import type { AckLevel, ChangeRequest } from '../../protocol/change-messages.ts'
import { type Digest, digestOf } from '../../protocol/digest.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { ClientId } from '../../protocol/ids.ts'
import { inlineBytesMax, pathBytesMax } from '../../protocol/limits.ts'
import type { FilePath } from '../../protocol/path.ts'
import { type Change, type DeletedEntry, pathsOf, writeDeletedEntries } from '../../protocol/record.ts'
import { both, grows, type Need, needAt, needOf, noNeed } from '../../replica/store/room.ts'
import type { Store } from '../../replica/store/store.ts'
import type { Locks } from '../locks/locks.ts'
import type { Awaited, Ledger } from '../ordering/ledger.ts'
import { tooFewFor } from '../ordering/policy.ts'
import { type Base, type Decision, decide, pathsOfWish, type Surveyed } from './decide.ts'
import { listFolder } from './folder-list.ts'
import type { Incoming, Received } from './incoming.ts'
import type { Member } from './member.ts'

/** How often the survey is taken again because a node came, went, or its disk moved meanwhile. */
const triesMax = 5

export interface Cluster {
  readonly store: Pick<Store, 'journaled' | 'survey' | 'extended' | 'stagedPieces' | 'fitsBelow'> & {
    readonly room: Pick<Store['room'], 'refusal' | 'owe' | 'makeWay'>
  }
  readonly ledger: Pick<Ledger, 'inSync' | 'order'> & { readonly tails: Pick<Ledger['tails'], 'over'> }
  readonly locks: Pick<Locks, 'admit' | 'tokenOf'>
  /** Configured nodes. */
  readonly nodesConfigured: number
  readonly ack: AckLevel
  /** The coordinator's own node. */
  readonly self: Member
  /** Every other node of the in-sync set. */
  others(): readonly Member[]
  /** A node cannot be asked, and is not waited for any more. */
  lose(member: Member, error: ConcurError): void
  /** Nodes of the set that have not been heard for longer than the heartbeat timeout are not waited for any more. */
  loseSilent(): void
  /** Why no changes are taken, or null. */
  refusal(): ConcurError | null
  newIncoming(): Incoming
}

export interface Asked {
  readonly request: ChangeRequest
  readonly client: ClientId | null
  /** Of a change that puts bytes. */
  readonly received: Received | null
  /** Of put and append: the newest token of the path when the bytes began to come. */
  readonly bound: number | null
}

/** What is ordered, and what rides beside it. */
interface Ready {
  readonly change: Change
  readonly inline: Buffer | null
  /** Where the bytes were staged. */
  readonly staged: Received | null
  /** What it takes of this node's disk. */
  readonly need: Need
}

export interface Ordered {
  readonly awaited: Awaited
  readonly change: Change
  /** Bytes that go when the change turns out not to be made. */
  readonly staged: Received | null
}

/** @throws ConcurError when nothing was changed. @returns null: there was nothing to do. */
export async function orderChange(cluster: Cluster, asked: Asked): Promise<Ordered | null> {
  for (let tries = 1; ; tries++) {
    cluster.loseSilent()
    assertTaken(cluster, asked)
    await cluster.ledger.tails.over()
    const members = [cluster.self, ...cluster.others()]
    const surveyed = await survey(cluster, members, pathsOfWish(asked.request))
    // What is decided, a refusal as well, is about these nodes.
    const isStill = (): boolean =>
      members.length === surveyed.length && sameNodes(members, [cluster.self, ...cluster.others()])
    const isLast = tries === triesMax
    let ready: Ready | null
    try {
      ready = await prepare(cluster, asked, answered(members, surveyed), surveyed)
    } catch (error) {
      const hasMoved = asConcurError(error).code === 'CHANGED'
      if (!isLast && (hasMoved || !isStill())) continue
      throw error
    }
    if (isLast || isStill()) return ready === null ? null : order(cluster, asked, ready)
    if (ready?.staged !== asked.received) ready?.staged?.discard()
  }
}

function assertTaken({ refusal, ledger, nodesConfigured, ack }: Cluster, { request }: Asked): void {
  const refused = refusal()
  if (refused !== null) throw refused
  const tooFew = tooFewFor(request.ack ?? ack, ledger.inSync.length, nodesConfigured)
  if (tooFew !== null) throw new ConcurError('UNREACHABLE', `${pathsOfWish(request)[0]}: ${tooFew}`)
}

/** @throws ConcurError NO_SPACE: this node's disk has no room for it. What is ordered must be finished. */
export function assertRoom({ store, self }: Cluster, request: ChangeRequest, need: Need): void {
  const refused = store.room.refusal(need, grows(request.what))
  if (refused === null) return
  throw new ConcurError(refused.code, `${pathsOfWish(request)[0]}: ${refused.message} on ${self.name}`)
}

/** @throws ConcurError LOCKED, STALE_TOKEN. */
function assertAdmitted({ locks }: Cluster, { request, client, bound }: Asked, change: Change): void {
  const below = 'what' in change && change.what === 'folder'
  locks.admit({ paths: pathsOf(change) as FilePath[], below, client, fence: request.fence, bound })
}

function sameNodes(before: readonly Member[], after: readonly Member[]): boolean {
  return before.length === after.length && before.every((member, at) => member === after[at])
}

function answered(members: readonly Member[], surveyed: readonly Surveyed[]): readonly Member[] {
  return members.filter(({ name }) => surveyed.some(({ node }) => node === name))
}

/** What every node that could be asked holds; the others are not waited for any more. */
async function survey(
  cluster: Cluster,
  members: readonly Member[],
  paths: readonly FilePath[],
): Promise<Surveyed[]> {
  const answers = await Promise.all(
    members.map(async (member): Promise<Surveyed | null> => {
      try {
        return { node: member.name, places: await member.survey(paths) }
      } catch (error) {
        if (member === cluster.self) throw error
        cluster.lose(member, asConcurError(error))
        return null
      }
    }),
  )
  return answers.filter(answer => answer !== null)
}

async function prepare(
  cluster: Cluster,
  asked: Asked,
  members: readonly Member[],
  surveyed: readonly Surveyed[],
): Promise<Ready | null> {
  const { request, received } = asked
  const bases = pathsOfWish(request).map(path => journaledDigest(cluster.store, path))
  const decision = decide({ request, surveyed, bases, upload: received })
  switch (decision.is) {
    case 'nothing to do':
      return null
    case 'change':
      await assertFits(cluster.store, decision.change)
      return readyOf(decision.change, received)
    case 'append':
      return appendOf(cluster, asked, decision, bases[0]!)
    case 'delete folder':
      return deleteFolderOf(cluster, members, pathsOfWish(request)[0]!)
    default:
      return decision satisfies never
  }
}

/** @throws ConcurError BAD_PATH: a folder takes with it what could not be named any more. */
async function assertFits(store: Cluster['store'], change: Change): Promise<void> {
  if (change.type !== 'rename' || change.what !== 'folder') return
  const { from, to } = change
  if (await store.fitsBelow(from, to)) return
  throw new ConcurError(
    'BAD_PATH',
    `${from} → ${to}: what lies in it would have a path longer than ${pathBytesMax} bytes`,
  )
}

function journaledDigest(store: Cluster['store'], path: FilePath): Digest | null {
  const state = store.journaled(path)
  return state?.is === 'file' ? state.digest : null
}

async function appendOf(
  { store }: Cluster,
  { request, received }: Asked,
  { base, seen }: Extract<Decision, { is: 'append' }>,
  journaled: Digest | null,
): Promise<Ready> {
  const [path] = pathsOfWish(request)
  const { body, inline } = received!
  const pieces = body.stage === null ? [inline ?? Buffer.alloc(0)] : store.stagedPieces(body.stage)
  const { size, digest } = await extendedHere(store, path!, base, { pieces, bytes: body.bytes })
  const change: Change = {
    type: 'append',
    path: path!,
    base: journaled,
    seen,
    offset: base.size,
    digest,
    size,
    body,
  }
  return { change, inline, staged: received, need: needOf(change) }
}

function readyOf(change: Change, received: Received | null): Ready {
  return { change, inline: received?.inline ?? null, staged: received, need: needOf(change) }
}

/** @throws ConcurError CONFLICT when this node lacks the file that others have: an append needs it here. */
async function extendedHere(
  store: Cluster['store'],
  path: FilePath,
  base: Base,
  added: { readonly pieces: Iterable<Buffer>; readonly bytes: number },
): Promise<{ size: number; digest: Digest }> {
  const { copy } = await store.survey(path)
  if (copy.is === 'absent')
    throw new ConcurError('CONFLICT', `${path}: the coordinator's copy lacks it; an append needs one base`)
  return store.extended({ path, base: base.digest, added: added.pieces, addedBytes: added.bytes })
}

/** The list of a large folder goes ahead as a stage, as the bytes of a file do. */
async function deleteFolderOf(cluster: Cluster, members: readonly Member[], path: FilePath): Promise<Ready> {
  const isOurs = (path: FilePath): boolean => cluster.store.journaled(path)?.is === 'file'
  const entries: DeletedEntry[] = await listFolder(members, path, isOurs)
  const list = writeDeletedEntries(entries)
  const incoming = cluster.newIncoming()
  try {
    cluster.store.room.makeWay(list.length)
    for (let at = 0; at < list.length; at += inlineBytesMax)
      await incoming.take(list.subarray(at, at + inlineBytesMax))
    const received = await incoming.finish(list.length, digestOf(list).digest)
    const { body } = received
    const change: Change = { type: 'delete', path, what: 'folder', base: null, seen: [], body }
    const folders = new Set(entries.map(({ path }) => path.slice(0, path.lastIndexOf('/'))))
    const need = [...folders].reduce((sum, folder) => both(sum, needAt(folder, 0)), noNeed)
    return { ...readyOf(change, received), need }
  } catch (error) {
    incoming.discard()
    throw error
  }
}

/** One uninterrupted step. */
function order(cluster: Cluster, asked: Asked, { change, inline, staged, need }: Ready): Ordered {
  const { ledger, nodesConfigured, ack, store } = cluster
  const { request, client } = asked
  try {
    assertTaken(cluster, asked)
    assertAdmitted(cluster, asked, change)
    assertRoom(cluster, request, need)
    const tooFew = (inSync: number) => tooFewFor(request.ack ?? ack, inSync, nodesConfigured)
    const awaited = ledger.order({ change, client, operation: request.operation, body: inline }, tooFew)
    store.room.owe(awaited.seq, need)
    return { awaited, change, staged }
  } catch (error) {
    if (staged !== asked.received) staged?.discard()
    throw error
  }
}
