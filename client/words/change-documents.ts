/** What `--json` prints of changes, of `log` and of `wait`. Every key of a shape is always there. Clause: "JSON". */
import type { Done } from '../../protocol/change-messages.ts'
import type { Waited } from '../../protocol/messages.ts'
import { type ErrorDocument, failureDocument as failed } from './documents.ts'
import { namingSubject } from './subject.ts'

type Document = Record<string, unknown>

/** A change that is done, or one that went wrong where it cannot be taken back any more. */
export function changeDocument(done: Done, subject: string): Document {
  const { op, digest, applied, behind, kept, replaced, of, error, outcome } = done
  if (error !== null) return { ok: false, error: about(error, subject), op, outcome }
  return {
    ok: true,
    op,
    digest,
    applied,
    behind: behind.map(({ node }) => node),
    kept: kept.map(({ node, path, reason }) => ({ node, path, reason })),
    replaced: replaced.map(({ node, digest, cause }) => ({ node, digest, cause })),
    copies: { have: applied.length, of },
  }
}

/** What changed nothing. One of many changes is told by its path. */
export function failureDocument(error: ErrorDocument, subject: string): Document {
  return failed(about(error, subject))
}

function about({ code, message }: ErrorDocument, subject: string): ErrorDocument {
  return { code, message: namingSubject(message, subject) }
}

/** `error`: why the end was not reached. */
export function waitDocument({ seq, behind }: Waited, error: ErrorDocument | null): Document {
  const document = { ok: error === null, seq, behind: behind.map(({ node }) => node) }
  return error === null ? document : { ...document, error: { code: error.code, message: error.message } }
}
