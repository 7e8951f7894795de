import { expect, test } from 'vitest'
import { address, href } from './address.svelte'

test('a view goes into its address and comes back from it', () => {
  const link = href(['run', 'a name/with %', '00ff'], { step: '4500', words: 'move turn_left' })
  address.go(link)
  expect(address.path).toEqual(['run', 'a name/with %', '00ff'])
  expect(address.query).toEqual({ step: '4500', words: 'move turn_left' })
})

test('a change keeps the rest, and an empty value takes it away', () => {
  address.go('#/time?step=1&edit=1')
  address.set({ step: 2, edit: null, token: '' })
  expect(location.hash).toBe('#/time?step=2')
})
