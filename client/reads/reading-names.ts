/** The names of the commands that read a file. */
export const readingNames = ['get', 'cat', 'stat'] as const

export type ReadingName = (typeof readingNames)[number]
