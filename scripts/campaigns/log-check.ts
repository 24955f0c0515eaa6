/** What the log of the cluster has to say of the changes that clients were told of. */
import type { ConcurClient } from '../../client/concur-client.ts'
import { digestOf } from '../../protocol/digest.ts'
import type { LoggedOperation } from '../../protocol/messages.ts'
import { wholeTree } from '../../protocol/path.ts'
import { bytesOf, type Change } from './model.ts'
import { Violation } from './violation.ts'
import { campaignName, type Worker } from './worker.ts'

/**
 * Every acknowledged change stands there once, at the seq that its client was told; what else stands there is a change
 * whose outcome nobody was told. @returns how many operations there are. @throws Violation.
 */
export async function assertLogged(client: ConcurClient, workers: readonly Worker[]): Promise<number> {
  const logged = new Map<number, LoggedOperation>()
  for await (const operation of client.log({ path: wholeTree })) {
    const seen = logged.get(operation.seq)
    if (seen !== undefined) throw new Violation(`seq ${operation.seq} stands in the log twice`)
    if (operation.client !== campaignName) logged.set(operation.seq, operation)
  }
  const count = logged.size
  for (const { folder, acknowledged } of workers) {
    for (const { done, change } of acknowledged) {
      const { seq } = done.op!
      const operation = logged.get(seq)
      const what = `${folder}: ${JSON.stringify(change)} was acknowledged as seq ${seq}, and the log has`
      if (operation === undefined) throw new Violation(`${what} nothing there, or had it for another as well`)
      if (!isOf(operation, folder, change) || operation.epoch !== done.op!.epoch)
        throw new Violation(`${what} ${JSON.stringify(operation)}`)
      logged.delete(seq)
    }
  }
  assertUnanswered([...logged.values()], workers)
  return count
}

function assertUnanswered(rest: readonly LoggedOperation[], workers: readonly Worker[]): void {
  const unanswered = workers.flatMap(({ folder, unanswered }) =>
    unanswered.map(change => ({ folder, change })),
  )
  for (const operation of rest) {
    const place = unanswered.findIndex(({ folder, change }) => isOf(operation, folder, change))
    if (place < 0) throw new Violation(`nobody asked for ${JSON.stringify(operation)}, or it was made twice`)
    unanswered.splice(place, 1)
  }
}

/** An append that makes its file is logged as the put that it became. */
function isOf(operation: LoggedOperation, folder: string, change: Change): boolean {
  if (operation.path !== `${folder}/${change.path}`) return false
  if (operation.type === 'put' && 'piece' in change)
    return operation.digest === digestOf(bytesOf(change.piece)).digest
  if (operation.type !== change.type) return false
  return change.type !== 'rename' || operation.from === `${folder}/${change.from}`
}
