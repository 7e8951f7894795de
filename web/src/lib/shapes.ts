/** The answers of the API, as `ontogeny.explorer.answers` describes them. */

export type Cell = string | number | boolean | null
export type Plain = Record<string, unknown>

export interface About { version: string; store: string; store_exists: boolean; read_only: boolean; runs: number; studies: number }
export interface Column { name: string; type: 'text' | 'integer' | 'number' | 'truth' }
export interface TablePage { name: string; columns: Column[]; rows: Cell[][]; total: number; matching: number }
export interface Term { term: string; meaning: string; also: string[] }

export interface Paper { title: string; authors: string; year: number; venue: string; url: string | null; code: string | null }
export interface StudySummary {
  id: string; title: string; question: string; family: string; paper: Paper
  presets: string[]; arms: string[]; claims: number; verdicts: Record<string, number>
  preset: string | null; committed: boolean; seeds: number; seconds: number | null
  figure: string | null; running: string[]; problem: string | null
}
export interface LedgerRow {
  study: string; study_title: string; family: string; claim: string; statement: string; source: string
  published: string | null; beyond: boolean; quantity: string; unit: string; arm: string; against: string | null
  criterion: string; moved: boolean; preset: string | null
  estimate: number | null; low: number | null; high: number | null; measured: string
  seeds: number; verdict: string; reason: string
  sham_estimate: number | null; sham_low: number | null; sham_high: number | null
  sham_verdict: string; sham_reason: string; sham_seeds: number; committed: boolean
}
export interface Arm { name: string; overrides: string[]; seeds: number[] }
export interface FigureInfo { id: string; title: string; caption: string; href: string }
export interface TableInfo { name: string; rows: number; columns: Column[]; href: string }
export interface Entry { arm: string; seed: number; seconds: number | null; measured_at: string | null; settings: string | null; runs: string[] }
export interface StudyPage extends StudySummary {
  places: { preset: string; committed: boolean }[]
  conditions: Arm[]; rows: LedgerRow[]; tables: TableInfo[]; entries: Entry[]
  notices: { head: string; body: string }[]; facts: { name: string; value: string }[]
  command: string; settings: Record<string, Plain>
}

export type Status = 'done' | 'running' | 'stopped' | 'failed' | 'damaged'
export interface RunSummary {
  id: string; name: string; hash: string; status: Status; problem: string | null; seed: number | null
  step: number; steps: number; world: string | null; model: string | null; checkpoints: number
  latest: Record<string, number | null>; seconds: number | null; seconds_left: number | null; updated: number
  used_by: { study: string; preset: string; arm: string; seed: number }[]
}
export interface RunPage extends RunSummary {
  config: Plain; environment: Plain
  checkpoint_list: { step: number; bytes: number; sha256: string }[]
  metrics: { name: string; points: number }[]
  measurements: { name: string; id: string; tables: string[]; bytes: number }[]
  abilities: { time_machine: boolean; inspect: boolean; resume: boolean; stop: boolean }
}
export interface Series { name: string; steps: number[]; values: (number | null)[]; points: number }
export interface Comparison { left: string; right: string; differences: { setting: string; left: unknown; right: unknown }[]; same: number }
export interface Job {
  id: string; kind: 'study' | 'resume' | 'film' | 'heads'; label: string
  state: 'waiting' | 'running' | 'stopping' | 'done' | 'failed' | 'stopped'
  phase: string; done: number; total: number; seconds_left: number | null; values: Record<string, number | null>
  problem: string | null; started: number; ended: number | null; run: string | null; study: string | null
}

export type Pose = [row: number, column: number, facing: number]
export interface Grid { rows: number; columns: number; walls: [number, number][]; markers: [number, number, number][]; robot: Pose }
export interface State { robot: Pose; markers: [number, number, number][] }
export interface Example { input: Grid; output: Grid }
export interface Specification { split: string; index: number; examples: Example[]; held_out: Example[]; reference: string[] }
export interface Feature { name: string; family: 'absolute' | 'egocentric'; labels: string[]; editable: boolean }
export interface Machine {
  run: string; world: Plain; words: string[]; steps: number[]; layers: number
  meanings: { name: string; words: Record<string, string> }[]; features: Feature[]
  examples: number; probed: number[]; splits: string[]; specifications: number
}
export interface Alternative { word: string; probability: number }
export interface Token extends Alternative { alternatives: Alternative[] }
export interface Belief { feature: string; values: number[][]; confidence: number[][]; truth: number[][] }
export interface Reading { meaning: string; states: State[][]; beliefs: Belief[] }
export interface Moment { step: number; tokens: Token[]; solved: boolean; held_out: boolean; complete: boolean; readings: Reading[] }
export interface Film { run: string; specification: Specification; moments: Moment[]; missing: number[] }
export interface EditRequest {
  split: string; index: number; step: number; token: number; feature: string; shift: number; layer: number; dose: number; example: number
}
export interface Edited {
  request: EditRequest; before: Token[]; after: Token[]; control: string[]; changed: boolean
  read_before: number; wanted: number; read_after: number; size: number
  imagined: State[][]; actual: State[][]; follows: boolean; keeps: boolean; valid: boolean
}

export interface Bench { run: string; steps: number[]; layers: number; heads: number; vocabulary: string[]; positions: number; prompt: number; typed: boolean }
export interface OwnModel { id: string; name: string; architecture: string; steps: number[]; layers: number; heads: number; vocabulary: number; positions: number; text: boolean; problem: string | null }
export interface Sequence { split: string; index: number; shown: string[]; words: string[] }
export interface Head { layer: number; head: number }
export interface Prediction { position: number; next: Alternative[]; actual: string | null; probability: number | null }
export interface Pattern extends Head { weights: number[][] }
export interface Inspection {
  positions: string[]; patterns: Pattern[]; predictions: Prediction[]; loss: number | null
  ablated: Prediction[]; ablated_loss: number | null
}

export interface HeadCourse {
  run: string; steps: number[]; layers: number; heads: number; meters: { name: string; chance: number }[]
  moments: { step: number; scores: Record<string, (number | null)[][]> }[]; missing: number[]
}
export interface Functions { run: string; steps: number[]; kind: string; features: number; examples: number; shown: 'pairs' | 'interleaved'; noise: number; penalty: number; episodes: number }
export interface Guesses { name: string; at_query: number[]; losses: number[]; drawn: number[][] }
export interface Episode { step: number; split: string; index: number; inputs: number[][]; outputs: number[]; counts: number[]; wanted: number; guesses: Guesses[]; places: number[]; truth: number[] }
export interface System { cores: number; load: number | null; memory: number; memory_used: number | null; disk: number; disk_free: number; store: number }
