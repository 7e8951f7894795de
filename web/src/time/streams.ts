/** What the study of induction heads has stored of one run's course. */

import type { Plain, RunSummary, TablePage } from '../lib/shapes'
import type { Course } from '../parts/TrainingTime.svelte'

type Use = RunSummary['used_by'][number]

/** Which of the study's models a run is, by its settings. */
export function twinOf(config: Plain): string | null {
  const model = config.model as { layers?: number; smeared_keys?: boolean } | undefined
  const world = config.world as { kind?: string } | undefined
  if (world?.kind !== 'repeated_segments' || !model) return null
  return model.layers === 1 ? (model.smeared_keys ? 'one layer, smeared keys' : 'one layer') : 'two layers'
}

/** The curves of the run in the study's table `course`: its own arm, seed and model. */
export function courseOf(table: TablePage, use: Use, config: Plain): Course[] {
  const at = (name: string) => table.columns.findIndex((column) => column.name === name)
  const twin = twinOf(config)
  const rows = table.rows.filter((row) => row[at('arm')] === use.arm && row[at('seed')] === use.seed && row[at('twin')] === twin)
  if (!rows.length) return []
  const line = (label: string, name: string, paint: string, dash?: string): Course => ({ label, paint, dash, steps: rows.map((row) => row[at('step')] as number), values: rows.map((row) => row[at(name)] as number | null) })
  return [line('right in repeats', 'accuracy', 'series-1'), line('loss', 'loss', 'series-2', '5 3'), line('prefix matching', 'prefix_matching', 'series-3', '2 3')]
}
