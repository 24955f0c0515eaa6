/**
 * The contents that a path had, as far as this replica has them, told while the coordinator is gone.
 * Clause: protocol/README.md "HISTORY".
 */
import { ConcurError } from '../protocol/errors.ts'
import type { KeptContent } from '../protocol/history-messages.ts'
import type { NodeName } from '../protocol/ids.ts'
import { keptContents, rowBytes } from '../protocol/kept-contents.ts'
import type { Detail } from '../protocol/messages.ts'
import type { BodyOf } from '../protocol/opcodes.ts'
import { inPages } from '../protocol/pages.ts'
import type { Stream } from '../protocol/stream.ts'
import type { Clock } from '../protocol/world.ts'
import type { Outcome } from './program/request-line.ts'
import type { Store } from './store/store.ts'

export interface HistoryAlone {
  readonly store: Pick<Store, 'history' | 'journaled'>
  readonly name: NodeName
  /** The others, and why they were not asked. */
  readonly unreachable: readonly Detail[]
  readonly clock: Clock
}

export async function historyAlone(
  { path }: BodyOf<'HISTORY'>,
  stream: Stream,
  { store, name: node, unreachable, clock }: HistoryAlone,
): Promise<Outcome> {
  let isAny = false
  async function* rows(): AsyncGenerator<KeptContent[]> {
    for await (const contents of store.history.had(path)) {
      if (contents.length === 0) continue
      isAny = true
      yield keptContents([{ node, contents }], clock.nowMs())
    }
  }
  for await (const contents of inPages(rows(), rowBytes)) {
    if (stream.ended) return { verdict: 'told' }
    await stream.sendFlow('KEPT', { contents })
  }
  if (!isAny && path !== '' && store.journaled(path)?.is !== 'folder') {
    const others = unreachable.map(({ node, reason }) => `${node} ${reason}`)
    throw new ConcurError('UNREACHABLE', [`nothing that it was is on ${node}`, ...others].join('; '))
  }
  await stream.sendFlow('LISTED', { unreachable }, true)
  return { verdict: 'told' }
}
