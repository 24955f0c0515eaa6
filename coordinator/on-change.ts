/** CHANGE: one change of a client, made once however often it is sent. Clause: protocol/README.md "CHANGE". */
import { bytesBehind, type ChangeRequest, type Done } from '../protocol/change-messages.ts'
import { asConcurError } from '../protocol/errors.ts'
import type { ClientId } from '../protocol/ids.ts'
import { fileBytesMax } from '../protocol/limits.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import { needAt } from '../replica/store/room.ts'
import { forgottenMessage, nothingDone, unknownDone } from './changing/answer.ts'
import { bring, type Sources } from './changing/bring.ts'
import { type Asked, assertRoom, type Cluster, type Ordered, orderChange } from './changing/change-work.ts'
import { receive } from './changing/client-bytes.ts'
import { pathsOfWish } from './changing/decide.ts'
import type { Received } from './changing/incoming.ts'
import type { Results } from './ordering/results.ts'
import type { Turns } from './ordering/turns.ts'
import type { RequestContext } from './request.ts'

export interface ChangeDesk {
  readonly cluster: Cluster
  readonly turns: Turns
  readonly results: Results
  /** Who has the bytes of changes that bring none. */
  readonly sources: Sources
  /** What became of a record; settles when it is over, or cannot be within a time. @throws ConcurError when it was abandoned. */
  readonly answerOf: (ordered: Ordered) => Promise<Done>
}

export function onChange(desk: ChangeDesk, request: ChangeRequest, context: RequestContext): void {
  const { stream, reports } = context
  const [path] = pathsOfWish(request)
  const endLine = beginRequestLine(context, request.what.type, path!)
  const report = reports.begin(stream)
  change(desk, request, context)
    .then(
      done => {
        endLine(done.error === null ? { verdict: 'done' } : { code: done.error.code })
        stream.send('DONE', done, true)
      },
      error => {
        endLine(failure(error))
        stream.fail(asConcurError(error))
      },
    )
    .finally(() => report.end())
}

async function change(desk: ChangeDesk, request: ChangeRequest, context: RequestContext): Promise<Done> {
  const { cluster, results } = desk
  const { stream, client } = context
  const known = knownDone(desk, request)
  if (known !== null) return known
  cluster.loseSilent()
  const refused = cluster.refusal()
  if (refused !== null) throw refused
  const bound = admitAhead(cluster, request, client)
  assertRoomAhead(cluster, request)
  // Once everything has come, the change is made, whoever waits for its answer.
  const announced = bytesBehind(request.what)
  if (announced === undefined) return make(desk, { request, client, received: null, bound: null })
  const incoming = cluster.newIncoming()
  let received: Received
  try {
    received = await receive(stream, incoming, announced, context.timers)
  } catch (error) {
    incoming.discard()
    throw error
  }
  const meanwhile = results.know(request.operation)
  if (meanwhile.is === 'new') return make(desk, { request, client, received, bound })
  received.discard()
  return knownDone(desk, request)!
}

/**
 * No bytes are taken for a path that somebody else has locked. @returns the token to which they are bound.
 * @throws ConcurError LOCKED, STALE_TOKEN.
 */
function admitAhead({ locks }: Cluster, request: ChangeRequest, client: ClientId | null): number {
  const { what, fence } = request
  const paths = pathsOfWish(request)
  locks.admit({ paths, below: what.type === 'delete' && what.recursive, client, fence, bound: null })
  return locks.tokenOf(paths)
}

/**
 * Nothing is sent that there is no room for; where nobody knows how much will come, a full disk will show.
 * @throws ConcurError NO_SPACE.
 */
function assertRoomAhead(cluster: Cluster, request: ChangeRequest): void {
  const bytes = bytesBehind(request.what) ?? 0
  if (bytes <= fileBytesMax) assertRoom(cluster, request, needAt(pathsOfWish(request)[0]!, bytes))
}

function knownDone({ results, cluster }: ChangeDesk, { operation }: ChangeRequest): Promise<Done> | null {
  const known = results.know(operation)
  if (known.is === 'attempt') return known.answer()
  if (known.is === 'new') return null
  return Promise.resolve(unknownDone(cluster.nodesConfigured, forgottenMessage))
}

function make(desk: ChangeDesk, asked: Asked): Promise<Done> {
  const answer = makeInTurn(desk, asked)
  desk.results.begin(asked.request.operation, answer)
  return answer
}

async function makeInTurn({ cluster, turns, sources, answerOf }: ChangeDesk, asked: Asked): Promise<Done> {
  const endTurn = await turns.take(pathsOfWish(asked.request))
  let { received } = asked
  let ordered: Ordered | null = null
  try {
    received ??= await bring(sources, asked.request.what)
    ordered = await orderChange(cluster, { ...asked, received })
  } finally {
    if (ordered === null) {
      endTurn()
      received?.discard()
    }
  }
  if (ordered === null) return nothingDone(cluster.nodesConfigured)
  const { awaited, staged } = ordered
  // The turn ends when the change does, also where its answer does not wait for that.
  awaited.done.then(endTurn, endTurn)
  try {
    return await answerOf(ordered)
  } catch (error) {
    staged?.discard()
    throw error
  }
}
