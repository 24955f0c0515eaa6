import { behindSubject, namingSubject } from './subject.ts'

test.each([
  ['a.txt: it is a folder', 'a.txt'],
  ['it is a folder', 'a.txt'],
])('%p names its path once', (sentence, subject) => {
  expect(namingSubject(sentence, subject)).toBe('a.txt: it is a folder')
  expect(behindSubject(sentence, subject)).toBe('it is a folder')
})

test('another path in a sentence stays', () => {
  const sentence = 'a: not on server1'
  expect(namingSubject(sentence, 'a → b')).toBe('a → b: a: not on server1')
  expect(behindSubject(sentence, 'a → b')).toBe(sentence)
})

test('a sentence about no path stays as it is', () => {
  expect(namingSubject('no server answers', null)).toBe('no server answers')
  expect(behindSubject('no server answers', null)).toBe('no server answers')
})
