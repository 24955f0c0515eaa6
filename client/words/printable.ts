/** Text of others on somebody's terminal: it may neither move the cursor, nor end the line, nor turn it around. */

/** Control characters, separators of lines, and what sets the direction of letters. */
const obeyed = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** @returns the text with every such character, and every lone surrogate, replaced by `�`. */
export function printable(text: string): string {
  return text.toWellFormed().replace(obeyed, '\ufffd')
}

/** @returns the value as JSON of one line, in which what a terminal would obey is escaped. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    obeyed,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
