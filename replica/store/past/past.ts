/**
 * What paths of this node were, and the contents that they had: what is brought back by a restore. Clause:
 * protocol/README.md "PAST", "RECALL".
 */
import type { Digest } from '../../../protocol/digest.ts'
import { ConcurError } from '../../../protocol/errors.ts'
import type { Recall } from '../../../protocol/past-messages.ts'
import type { FilePath, FolderPath } from '../../../protocol/path.ts'
import { type DeletedEntry, type JournalEntry, readDeletedEntries } from '../../../protocol/record.ts'
import type { JournalReader } from '../ahead.ts'
import type { Contents } from '../contents.ts'
import type { OpenBody } from '../file-body.ts'
import type { WantedContent } from '../history/kept-contents.ts'
import type { PathIndex } from '../path-index.ts'
import type { Slices } from '../slices.ts'
import { type PastStates, pastOf } from './past-of.ts'

export interface PastOptions {
  readonly journal: JournalReader
  readonly paths: PathIndex
  readonly contents: Contents
  /** Whatever lies in history, by path and digest. */
  readonly openKept: (wanted: WantedContent) => Promise<OpenBody>
  readonly settledSeq: () => number
  readonly newSlices: () => Slices
}

export class Past {
  private readonly options: PastOptions

  constructor(options: PastOptions) {
    this.options = options
  }

  /**
   * What the path, and all that is or was below it, was behind the operation `at`; null: before the last of the path.
   * @throws ConcurError NOT_FOUND, IS_DIRECTORY, IO_ERROR.
   */
  states(path: FolderPath, at: number | null): Promise<PastStates> {
    const { newSlices } = this.options
    const listOf = (entry: JournalEntry) => this.listOf(entry)
    return pastOf({ ...this.options, slices: newSlices(), listOf }, path, at)
  }

  /** The last operation behind which the path had this content, as far as that is known. */
  seqOf(path: FilePath, digest: Digest): number | null {
    const { paths } = this.options
    const now = paths.get(path)
    return now?.is === 'file' && now.digest === digest ? now.seq : paths.seqOfContent(path, digest)
  }

  /**
   * Opens a content that the path had, also one that no record made or that the journal does not lead to any more; the
   * caller closes it. @throws ConcurError NOT_FOUND: it is not here; IO_ERROR.
   */
  async open(recall: Recall): Promise<OpenBody> {
    const { contents, openKept } = this.options
    try {
      return await contents.openPast(recall, this.seqOf(recall.path, recall.digest))
    } catch (error) {
      if (!(error instanceof ConcurError && error.code === 'NOT_FOUND')) throw error
      return openKept(recall)
    }
  }

  private async listOf(entry: JournalEntry): Promise<readonly DeletedEntry[]> {
    const body = await this.options.contents.open(entry)
    try {
      const blocks: Buffer[] = []
      for await (const block of body.pieces()) blocks.push(Buffer.from(block))
      return readDeletedEntries(Buffer.concat(blocks))
    } catch (error) {
      const reason = `what record ${entry.record.seq} deleted cannot be read`
      throw error instanceof ConcurError ? error : new ConcurError('IO_ERROR', reason, { cause: error })
    } finally {
      body.close()
    }
  }
}
