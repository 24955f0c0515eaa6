import { textDiff } from './text-diff.ts'

const side = (whose: string, text: string) => ({ path: 'a b', whose, content: Buffer.from(text) })

test('is as diff -u shows it', () => {
  expect(textDiff(side('server1', 'one\ntwo\n'), side('server2 = server3', 'one\n2'))).toEqual([
    '--- a b\tserver1',
    '+++ a b\tserver2 = server3',
    '@@ -1,2 +1,2 @@',
    ' one',
    '-two',
    '+2',
    '\\ No newline at end of file',
  ])
})

test('nothing that a terminal would obey is shown', () => {
  const shown = textDiff(side('server1', ''), side('server2', 'a\tb\u001b[2J\r\n'))!.at(-1)!
  expect(shown).toMatch(/^\+a\tb.\[2J.$/)
  expect(shown).not.toContain('\u001b')
})

test('too much is not shown', () => {
  const many = (word: string) => Array.from({ length: 1_600 }, (_, at) => `${word} ${at}\n`).join('')
  expect(textDiff(side('server1', many('a')), side('server2', many('b')))).toBeNull()
})
