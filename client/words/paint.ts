/** Colour, for those who see it: on a terminal, unless they asked for none. */

export type Paint = (colour: 'good' | 'warning' | 'bad' | 'faint', text: string) => string

const codes = { good: 32, warning: 33, bad: 31, faint: 2 } as const

export const colours: Paint = (colour, text) => `\u001b[${codes[colour]}m${text}\u001b[0m`

export const plain: Paint = (_, text) => text
