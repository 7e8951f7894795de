import { expect, test } from 'vitest'
import { glossary } from './glossary.svelte'

test('the first mention of a term carries it, in any case and as a plural; longer terms go first', () => {
  glossary.learn([{ term: 'probe', meaning: 'm', also: ['linear probe'] }, { term: 'seed', meaning: 's', also: [] }])
  const pieces = glossary.pieces('Linear probes over Seeds; a probe. reseed')
  expect(pieces.map((piece) => [piece.text, piece.term?.term])).toEqual([['Linear probes', 'probe'], [' over ', undefined], ['Seeds', 'seed'], ['; a probe. reseed', undefined]])
})
