/**
 * A coordinator's questions before it orders or follows: what the disk holds where a change would go, how far the
 * journal goes, and its records. Clause: protocol/README.md "SURVEY", "JOURNAL_AT", "REPLAY".
 */
import { ConcurError } from '../protocol/errors.ts'
import { recordsBytesAim } from '../protocol/limits.ts'
import type { BodyOf } from '../protocol/opcodes.ts'
import type { ProgressReports } from '../protocol/progress-reports.ts'
import type { Stream } from '../protocol/stream.ts'
import type { Following } from './following.ts'
import type { Store } from './store/store.ts'

interface Answering {
  readonly stream: Stream
  readonly store: Store
  readonly reports: ProgressReports
  readonly following: Pick<Following, 'committedSeq'>
}

export async function onSurvey(
  { paths }: BodyOf<'SURVEY'>,
  { stream, store, reports }: Answering,
): Promise<void> {
  const surveys = paths.map(path => store.survey(path))
  const places = surveys.flatMap(survey => (survey instanceof Promise ? [] : survey))
  if (places.length === surveys.length) return stream.send('SURVEYED', { places }, true)
  const report = reports.begin(stream)
  const all = Promise.all(surveys).finally(() => report.end())
  stream.send('SURVEYED', { places: await all }, true)
}

export async function onJournalAt(
  { seq }: BodyOf<'JOURNAL_AT'>,
  { stream, store: { journal, settler, epoch }, following }: Answering,
): Promise<void> {
  const lastSeq = journal.durableSeq
  const { begin } = journal
  const own = seq === begin.seq && seq > 0 ? begin : journal.at(seq)
  const hash = seq <= lastSeq ? (own?.hash ?? null) : null
  stream.send(
    'JOURNAL_IS',
    {
      ...{ epoch, beginSeq: begin.seq, settledSeq: settler.settledSeq, lastSeq },
      ...{ committedSeq: following.committedSeq, hash },
    },
    true,
  )
}

/** All records that are durable by now. */
export async function onReplay(
  { afterSeq }: BodyOf<'REPLAY'>,
  { stream, store: { journal } }: Answering,
): Promise<void> {
  if (afterSeq < journal.begin.seq)
    throw new ConcurError('NOT_FOUND', `the journal begins behind seq ${journal.begin.seq}`)
  const lastSeq = journal.durableSeq
  let at = afterSeq
  while (at < Math.min(lastSeq, journal.last.seq) && !stream.ended) {
    const entries = journal.readAfter(at, recordsBytesAim).filter(({ record }) => record.seq <= lastSeq)
    at = entries.at(-1)!.record.seq
    const page = entries.map(({ bytes, body }) => ({ record: bytes, body }))
    await stream.sendFlow('RECORDS', { entries: page }, at >= lastSeq)
  }
  await stream.sendFlow('RECORDS', { entries: [] }, true)
}
