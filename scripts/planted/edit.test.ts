import { edited, NoLongerApplies } from './edit.ts'

const edit = { file: 'a.ts', find: 'await flush()', put: '' }

test('an edit replaces what stands there once, as it is', () => {
  expect(edited('write()\nawait flush()\ntell()', edit)).toBe('write()\n\ntell()')
  expect(edited('a $& b', { ...edit, find: '$&', put: '$1 $&' })).toBe('a $1 $& b')
})

test.each([
  ['is gone', 'write()', 'in a.ts it stands 0 times, not once: "await flush()"'],
  ['is there twice', 'await flush(); await flush()', 'in a.ts it stands 2 times, not once: "await flush()"'],
])('an edit of what %s does not apply, and says so', (_, text, sentence) => {
  expect(() => edited(text, edit)).toThrow(new NoLongerApplies(sentence))
})

test('an edit that changes nothing is none', () => {
  expect(() => edited('await flush()', { ...edit, put: edit.find })).toThrow(NoLongerApplies)
  expect(() => edited('await flush()', { ...edit, find: '' })).toThrow(NoLongerApplies)
})
