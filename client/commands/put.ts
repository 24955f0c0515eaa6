/** `put`: files of this machine's become files of the servers', several at once, told in the order of the words. */
import { ConcurError } from '../../protocol/errors.ts'
import type { FilePath } from '../../protocol/path.ts'
import { AtOnce } from './at-once.ts'
import { type ConditionOptions, conditionsOf } from './change-conditions.ts'
import { type CommandContext, type ExitStatus, worse } from './context.ts'
import { reportChange, reportRefusal, sendChange } from './make-change.ts'
import { filesAtOnceMax, type Puttable, puttableOf, wantedPut } from './put-file.ts'
import { putFolder } from './put-folder.ts'
import { type Target, targetsOf } from './put-targets.ts'

export type PutOptions = ConditionOptions & { readonly recursive: boolean }

/** @throws ConcurError USAGE; NoServerError; ReaderGoneError. */
export async function put(
  context: CommandContext,
  words: readonly string[],
  options: PutOptions,
): Promise<ExitStatus> {
  const targets = targetsOf(words)
  refuseMixture(targets, options)
  const line = new PutLine(context, options)
  for (const target of targets) await line.start(target)
  return line.finish()
}

function refuseMixture(targets: readonly Target[], options: PutOptions): void {
  if (options['if-match'] === null || (targets.length === 1 && !options.recursive)) return
  throw new ConcurError('USAGE', '--if-match says what one file has to be: it goes with one FILE')
}

class PutLine {
  private readonly context: CommandContext
  private readonly options: PutOptions
  private readonly conditions: ReturnType<typeof conditionsOf>
  private readonly sending = new AtOnce(filesAtOnceMax)
  private status: ExitStatus = 0
  /** What came before is told. */
  private told: Promise<void> = Promise.resolve()

  /** @throws ConcurError USAGE. */
  constructor(context: CommandContext, options: PutOptions) {
    this.context = context
    this.options = options
    this.conditions = conditionsOf(options)
  }

  async start({ file, path }: Target): Promise<void> {
    if (typeof path === 'object') return this.refuse(path.typed, path.error)
    const found = puttableOf(this.context, file)
    if (found instanceof ConcurError) return this.refuse(path, found)
    if (found.is !== 'folder')
      return this.sending.start(() => this.inOrder(told => this.putFile(found, path, told)))
    if (!this.options.recursive) {
      const sentence = `${file} is a folder; put -r puts it with all that is below`
      return this.refuse(path, new ConcurError('IS_DIRECTORY', sentence))
    }
    await this.sending.finish()
    const { context, conditions } = this
    this.note(await putFolder(context, { local: found.local, shown: file, path, conditions }))
  }

  async finish(): Promise<ExitStatus> {
    await this.sending.finish()
    return this.status
  }

  private async putFile(
    found: Exclude<Puttable, { is: 'folder' }>,
    path: FilePath,
    told: Promise<void>,
  ): Promise<void> {
    const wanted = wantedPut(found, path, this.conditions)
    try {
      const outcome = await sendChange(this.context, wanted)
      await told
      this.note(await reportChange(this.context, wanted, outcome))
    } finally {
      found.close()
    }
  }

  private refuse(subject: string, error: ConcurError): Promise<void> {
    this.status = 2
    return this.sending.start(() =>
      this.inOrder(async told => {
        await told
        await reportRefusal(this.context, subject, error)
      }),
    )
  }

  /** `work` tells nothing before `told` is there. */
  private inOrder(work: (told: Promise<void>) => Promise<void>): Promise<void> {
    const running = work(this.told)
    this.told = running
    return running
  }

  private note(status: ExitStatus): void {
    this.status = worse(this.status, status)
  }
}
