/** How predictors of functions are drawn, and their predictions as curves. */

import type { Curve } from '../lib/curves'
import type { Episode } from '../lib/shapes'

export const LOOKS: Record<string, { paint: string; dash?: string }> = {
  model: { paint: 'series-1' },
  'least squares': { paint: 'series-2', dash: '8 4' },
  ridge: { paint: 'series-3', dash: '2 3' },
}

const named = (episode: Episode) => episode.guesses.map((guess, place) => ({ guess, look: { paint: place, dash: place } }))

/** What is predicted at the asked input by number of examples, and what would be right. */
export function predictionCurves(episode: Episode): Curve[] {
  return [
    ...named(episode).map(({ guess, look }) => ({ label: guess.name, x: episode.counts, y: guess.at_query, ...look })),
    { label: 'the function', x: episode.counts, y: episode.counts.map(() => episode.wanted), paint: 3, dash: 3 },
  ]
}

/** The mean loss of each predictor over many episodes, by number of examples; none where it is 0, which no logarithm shows. */
export function lossCurves(episode: Episode): Curve[] {
  return named(episode).map(({ guess, look }) => ({ label: guess.name, x: episode.counts, y: guess.losses.map((loss) => (loss > 0 ? loss : null)), ...look }))
}
