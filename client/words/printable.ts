/** Text of others on somebody's terminal: it may neither move the cursor nor end the line. */

/** @returns the text with every control character and lone surrogate replaced by `�`. */
export function printable(text: string): string {
  return text.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd')
}
