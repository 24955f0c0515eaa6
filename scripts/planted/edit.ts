/** Applies an edit to the text of its file. Pure. */
import type { Edit } from './planted-bug.ts'

/** The bug cannot be planted: the sources have changed, and the edit has to follow. */
export class NoLongerApplies extends Error {
  override readonly name = 'NoLongerApplies'
}

/** @returns the text with the bug. @throws NoLongerApplies when what is to be replaced is not there exactly once. */
export function edited(text: string, { file, find, put }: Edit): string {
  const places = find === '' ? 0 : text.split(find).length - 1
  if (places !== 1)
    throw new NoLongerApplies(`in ${file} it stands ${places} times, not once: ${firstLine(find)}`)
  if (find === put) throw new NoLongerApplies(`in ${file} nothing would change: ${firstLine(find)}`)
  const at = text.indexOf(find)
  return text.slice(0, at) + put + text.slice(at + find.length)
}

function firstLine(text: string): string {
  return JSON.stringify(text.trim().split('\n')[0])
}
