/** `write` and `append`: a text, or what stands on standard input, becomes a file's content or its end. */
import { ConcurError } from '../../protocol/errors.ts'
import type { FilePath } from '../../protocol/path.ts'
import { type ByteSource, BytesSource } from '../sending/byte-source.ts'
import { StreamSource } from '../sending/stream-source.ts'
import type { Wish } from '../sending/wish.ts'
import { typedBytes } from '../typed-bytes.ts'
import { type ConditionOptions, conditionsOf } from './change-conditions.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { makeChange, reportRefusal } from './make-change.ts'
import { readPath } from './path-argument.ts'

type Words = readonly [path: string, text: string | undefined]

/** @throws ConcurError USAGE; NoServerError; ReaderGoneError. */
export function write(context: CommandContext, words: Words, options: ConditionOptions): Promise<ExitStatus> {
  const conditions = conditionsOf(options)
  return changeContent(context, 'write', words, path => ({
    ...conditions,
    what: { type: 'put', path, executable: null },
  }))
}

/** @throws ConcurError USAGE; NoServerError; ReaderGoneError. */
export function append(
  context: CommandContext,
  words: Words,
  options: ConditionOptions & { readonly create: boolean },
): Promise<ExitStatus> {
  const conditions = conditionsOf(options)
  const { create } = options
  return changeContent(context, 'append', words, path => ({
    ...conditions,
    what: { type: 'append', path, create },
  }))
}

async function changeContent(
  context: CommandContext,
  command: string,
  [typed, text]: Words,
  wishFor: (path: FilePath) => Wish,
): Promise<ExitStatus> {
  const path = readPath(typed)
  if (path instanceof ConcurError || path.meansFolder) {
    const error =
      path instanceof ConcurError ? path : new ConcurError('IS_DIRECTORY', 'the / at its end means a folder')
    await reportRefusal(context, typed, error)
    return 2
  }
  const source = sourceOf(context, text)
  try {
    const wish = wishFor(path.path)
    return await makeChange(context, { command, subject: path.path, wish, source, nothingToDo: '' })
  } finally {
    if (source instanceof StreamSource) source.close()
  }
}

function sourceOf(context: CommandContext, text: string | undefined): ByteSource {
  if (text !== undefined && text !== '-') return new BytesSource(typedBytes(text))
  return new StreamSource('standard input', context.openInput)
}
