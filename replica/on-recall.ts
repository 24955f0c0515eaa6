/** RECALL: a content that a path had, wherever this node has it now. Clause: protocol/README.md "RECALL". */
import type { Recall } from '../protocol/past-messages.ts'
import type { ProgressReports } from '../protocol/progress-reports.ts'
import type { Stream } from '../protocol/stream.ts'
import { finishBodies, pourBody, streamSink } from './store/body-sink.ts'
import type { Store } from './store/store.ts'

export interface Recalling {
  readonly stream: Stream
  readonly store: Pick<Store, 'past'>
  readonly reports: ProgressReports
}

/** @throws ConcurError NOT_FOUND, CHANGED, IO_ERROR. */
export async function onRecall(recall: Recall, { stream, store, reports }: Recalling): Promise<void> {
  const report = reports.begin(stream)
  const body = await store.past.open(recall).finally(() => report.end())
  stream.send('RECALLED', { executable: body.executable })
  await pourBody(body, streamSink(stream, 0))
  finishBodies(stream)
}
