import { ConcurError } from './errors.ts'
import { parseKeyRing } from './key-ring.ts'

const secret = (letter: string) => letter.repeat(32)

test('a token file has a line for each role, in any order; comments and empty lines are passed over', () => {
  const text = `# of the homelab\n\nnode ${secret('n')}\r\n  admin\t${secret('a')}\nclient ${secret('c')}`
  expect(parseKeyRing(text, 'F')).toEqual(
    new Map([
      ['node', secret('n')],
      ['admin', secret('a')],
      ['client', secret('c')],
    ]),
  )
})

test.each([
  ['', 'F has no secret: its lines must be ROLE SECRET'],
  ['# nothing\n', 'F has no secret: its lines must be ROLE SECRET'],
  [`${secret('s')}`, 'F, line 1 must be ROLE SECRET, with client, node, admin as ROLE'],
  [`\nroot ${secret('s')}`, 'F, line 2 must be ROLE SECRET, with client, node, admin as ROLE'],
  [`node ${secret('s')} more`, 'F, line 1 must be ROLE SECRET, with client, node, admin as ROLE'],
  ['node short', 'F, line 1: the node secret must be 32 to 256 visible ASCII characters'],
  [`node ${'x'.repeat(257)}`, 'F, line 1: the node secret must be 32 to 256 visible ASCII characters'],
  [`node ${'ü'.repeat(40)}`, 'F, line 1: the node secret must be 32 to 256 visible ASCII characters'],
  [`node ${secret('a')}\nnode ${secret('b')}`, 'F, line 2: there is a node secret above already'],
])('the file %j is refused in a sentence that shows no secret', (text, sentence) => {
  expect(() => parseKeyRing(text, 'F')).toThrow(new ConcurError('USAGE', sentence))
})
