/**
 * The bytes of a change that come from the nodes themselves: what a restore brings back, and the copy that a resolve makes
 * everybody's. Whoever has them pours them; they are staged and ordered as if a client had sent them.
 */
import type { ChangeRequest } from '../../protocol/change-messages.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { BodySink } from '../../replica/store/body-sink.ts'
import type { Node } from '../node.ts'
import { NodeTries } from '../node-tries.ts'
import type { Incoming, Received } from './incoming.ts'
import { IncomingSink } from './incoming-sink.ts'

type What<Type> = Extract<ChangeRequest['what'], { type: Type }>

export interface Sources {
  /** In the configured order, coordinator first. */
  readonly nodes: readonly Node[]
  newIncoming(): Incoming
  /** The last operation behind which the path had this content; null: not known. */
  seqOf(path: FilePath, digest: What<'restore'>['digest']): number | null
}

/** @returns null: the change needs no bytes, or the client has sent them. @throws ConcurError when nobody has them. */
export async function bring(sources: Sources, what: ChangeRequest['what']): Promise<Received | null> {
  if (what.type === 'restore') return bringBack(sources, what)
  if (what.type === 'resolve' && what.node !== null) return bringFrom(sources, what, what.node)
  return null
}

async function bringBack(sources: Sources, what: What<'restore'>): Promise<Received> {
  const { path, digest, size } = what
  const at = what.at ?? sources.seqOf(path, digest) ?? 0
  const tries = new NodeTries()
  for (const node of sources.nodes) {
    const recall = (sink: BodySink) => node.recall({ path, at, digest, size }, sink)
    const received = await tries.of(() => pourInto(sources, digest, recall))
    if (received !== null) return received
  }
  if (tries.unreachable !== null)
    throw new ConcurError(
      'UNREACHABLE',
      `${path}: nobody who could be asked has ${digest}; ${tries.unreachable.message}`,
    )
  throw new ConcurError('NOT_FOUND', `${path}: no node has ${digest} any more`)
}

async function bringFrom(sources: Sources, what: What<'resolve'>, name: NodeName): Promise<Received> {
  const path = what.from ?? what.path
  const node = sources.nodes.find(node => node.name === name)
  if (node === undefined) {
    const known = sources.nodes.map(node => node.name).join(', ')
    throw new ConcurError('USAGE', `no node is called ${name}; the nodes are ${known}`)
  }
  const answer = await node.look(path, { deep: false, onProgress: () => {} })
  if (answer.copy === null) throw new ConcurError('UNREACHABLE', `${path}: ${name} ${answer.reason}`)
  const { copy } = answer
  if (copy.is !== 'file') throw noFile(path, name, copy)
  if (copy.rotten)
    throw new ConcurError(
      'CONFLICT',
      `${path}: the copy on ${name} has rotted, and is not given to the others`,
    )
  const { digest, executable } = copy
  return pourInto(sources, digest, async sink => {
    await node.pour(path, digest, sink)
    return executable
  })
}

/** Each try has a place of its own: what one node sent in part is not another's beginning. */
async function pourInto(
  sources: Sources,
  digest: What<'restore'>['digest'],
  pour: (sink: BodySink) => Promise<boolean | null>,
): Promise<Received> {
  const incoming = sources.newIncoming()
  try {
    const sink = new IncomingSink(incoming)
    const executable = await pour(sink)
    return { ...(await sink.finish(digest)), executable }
  } catch (error) {
    incoming.discard()
    throw error
  }
}

function noFile(path: string, node: string, copy: { readonly is: string }): ConcurError {
  switch (copy.is) {
    case 'absent':
      return new ConcurError('NOT_FOUND', `${path}: not on ${node}`)
    case 'folder':
      return new ConcurError('IS_DIRECTORY', `${path}: on ${node} it is a folder`)
    case 'unreadable':
      return new ConcurError('IO_ERROR', `${path}: ${node} cannot read it`)
    default:
      return new ConcurError('NOT_A_FILE', `${path}: on ${node} it is no file`)
  }
}
