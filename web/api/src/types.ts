// The JSON shapes of the API by their names. Screens import from here only, so that the day these become
// `components['schemas'][...]` of the generated `schema.d.ts`, nothing else changes.

/** UUID, version 7. */
export type Id = string
/** Milliseconds since 1970-01-01T00:00:00Z. */
export type UtcMs = number

export type Role = 'agent' | 'supervisor' | 'admin'
export type Device = 'browser' | 'phone'
export type Activity = 'idle' | 'reserved' | 'ringing' | 'talking' | 'hold' | 'wrap_up'
export type Presence = { state: 'ready' } | { state: 'break'; reason: string } | { state: 'offline' }

export interface Me {
  id: Id
  tenant: Id
  tenant_name: string
  email: string
  name: string
  role: Role
  language: 'ru' | 'en'
  time_zone: string
  demo: boolean
}

export interface CustomerField {
  name: string
  value: string
}

export interface RecentConversation {
  interaction: Id
  started_at: UtcMs
  queue: string
  agent: string
  outcome: string
  disposition: string
  note: string
  talk_ms: number
}

export interface CustomerCard {
  id: Id
  name: string
  company: string
  numbers: string[]
  fields: CustomerField[]
  note: string
  recent: RecentConversation[]
  version: number
  is_new: boolean
}

export interface InteractionView {
  interaction: Id
  from: string
  to: string
  queue: Id | null
  queue_name: string
  arrived_at: UtcMs
  waited_ms: number
  customer: CustomerCard | null
  collected: { name: string; value: string }[]
  transferred_by: string | null
}

export interface OfferView {
  offer: Id
  offered_at: UtcMs
  deadline: UtcMs
  device: Device
  about: InteractionView
}

export interface CallView {
  about: InteractionView
  connected_at: UtcMs
  held_since: UtcMs | null
  held_by_peer: boolean
  muted: boolean
  lost_until: UtcMs | null
  transfer_ringing: string | null
  recording: boolean
  disposition: Id | null
  note: string
}

export interface WrapUpView {
  about: InteractionView
  started_at: UtcMs
  deadline: UtcMs
  talk_ms: number
  disposition: Id | null
  note: string
}

export interface QueueToday {
  offered: number
  answered: number
  answered_in_threshold: number
  abandoned: number
  abandoned_short: number
  answer_wait_ms: number
}

export interface QueueView {
  queue: Id
  key: string
  name: string
  waiting: number
  longest_since: UtcMs | null
  idle: number
  busy: number
  signed_in: number
  today: QueueToday
  service_level_s: number
  service_level_target: number
}

export interface AgentView {
  agent: Id
  name: string
  presence: Presence
  activity: Activity
  since: UtcMs
  device: Device
  with: string | null
  queue: string | null
  handled_today: number
  mean_handle_ms: number
}

export interface DeskView {
  agent: Id
  presence: Presence
  activity: Activity
  since: UtcMs
  device: Device
  browser_connected: boolean
  phone_registered: boolean
  offer: OfferView | null
  call: CallView | null
  wrap_up: WrapUpView | null
  queues: QueueView[]
  handled_today: number
  mean_handle_ms: number
}

export interface FloorView {
  at: UtcMs
  queues: QueueView[]
  agents: AgentView[]
  calls: number
}

export type TransferTarget = { kind: 'queue'; queue: Id } | { kind: 'agent'; agent: Id }

export type AgentCommand =
  | { command: 'set_presence'; presence: Presence }
  | { command: 'set_device'; device: Device }
  | { command: 'accept'; offer: Id }
  | { command: 'decline'; offer: Id }
  | { command: 'hang_up'; interaction: Id }
  | { command: 'hold'; interaction: Id; on: boolean }
  | { command: 'mute'; interaction: Id; on: boolean }
  | { command: 'send_digits'; interaction: Id; digits: string }
  | { command: 'transfer'; interaction: Id; to: TransferTarget }
  | { command: 'wrap_up'; interaction: Id; disposition: Id | null; note: string; finish: boolean }

export type Health = 'ok' | 'behind' | 'full_disk' | 'no_database'

export type ServerMessage =
  | { type: 'hello'; me: Me; server_time: UtcMs; version: string }
  | { type: 'desk'; desk: DeskView }
  | { type: 'floor'; floor: FloorView }
  | { type: 'reply'; id: string; ok: true }
  | { type: 'reply'; id: string; ok: false; code: string; detail: string }
  | { type: 'rtc_answer'; id: string; sdp: string }
  | { type: 'health'; journal: Health }
  | { type: 'ping' }

export type ClientMessage =
  | { type: 'command'; id: string; command: AgentCommand }
  | { type: 'subscribe'; floor: boolean }
  | { type: 'rtc_offer'; id: string; sdp: string }
  | { type: 'pong' }

export interface Directory {
  queues: { id: Id; key: string; name: string }[]
  agents: { id: Id; name: string }[]
  dispositions: Disposition[]
  skills: Skill[]
}

export type RecordingState = 'none' | 'growing' | 'sealed' | 'failed'
export type Outcome = 'open' | 'answered' | 'abandoned' | 'ended_in_flow' | 'refused' | 'interrupted'

export interface InteractionRow {
  id: Id
  channel: 'voice'
  direction: 'inbound' | 'outbound'
  from: string
  to: string
  customer: Id | null
  customer_name: string | null
  queue: Id | null
  queue_name: string | null
  agent: Id | null
  agent_name: string | null
  started_at: UtcMs
  answered_at: UtcMs | null
  ended_at: UtcMs | null
  wait_ms: number
  talk_ms: number
  hold_ms: number
  wrap_up_ms: number
  outcome: Outcome
  disposition: Id | null
  disposition_name: string | null
  note: string
  recording: RecordingState
  recording_ms: number
}

export type Party = 'customer' | 'agent' | 'system'
export type Cause =
  | 'normal'
  | 'cancelled'
  | 'busy'
  | 'no_answer'
  | 'declined'
  | 'unavailable'
  | 'not_found'
  | 'forbidden'
  | 'overload'
  | 'no_codec'
  | 'timeout'
  | 'interrupted'
  | 'failed'

export type JournalEvent =
  | { kind: 'interaction_started'; channel: 'voice'; direction: 'inbound' | 'outbound'; from: string; to: string; trunk: Id | null; flow: Id }
  | { kind: 'customer_matched'; customer: Id; created: boolean }
  | { kind: 'flow_answered' }
  | { kind: 'flow_node'; node: string; node_kind: string }
  | { kind: 'collected'; node: string; name: string; value: string }
  | { kind: 'queued'; queue: Id; attempt: number; position: number }
  | { kind: 'position_announced'; queue: Id; position: number }
  | { kind: 'offered'; offer: Id; queue: Id | null; agent: Id; device: Device; deadline: UtcMs }
  | { kind: 'offer_ended'; offer: Id; agent: Id; outcome: 'accepted' | 'declined' | 'no_answer' | 'busy' | 'unreachable' | 'withdrawn'; rang_ms: number }
  | { kind: 'left_queue'; queue: Id; outcome: 'answered' | 'abandoned' | 'overflowed' | 'interrupted'; wait_ms: number }
  | { kind: 'agent_connected'; agent: Id; queue: Id | null; device: Device }
  | { kind: 'hold_started'; by: Party }
  | { kind: 'hold_ended'; by: Party; held_ms: number }
  | { kind: 'agent_lost'; agent: Id }
  | { kind: 'agent_back'; agent: Id }
  | { kind: 'transferred_to_queue'; queue: Id; by: Id }
  | { kind: 'transferred_to_agent'; agent: Id; by: Id }
  | { kind: 'agent_disconnected'; agent: Id; queue: Id | null; talk_ms: number; hold_ms: number }
  | { kind: 'party_connected'; uri: string }
  | { kind: 'recording_started'; recording: Id }
  | { kind: 'recording_sealed'; recording: Id; duration_ms: number; bytes: number }
  | { kind: 'interaction_ended'; outcome: Exclude<Outcome, 'open'>; cause: Cause; by: Party }
  | { kind: 'wrap_up_started'; agent: Id; queue: Id | null; deadline: UtcMs }
  | { kind: 'noted'; agent: Id; disposition: Id | null; note: string }
  | { kind: 'wrap_up_ended'; agent: Id; queue: Id | null; wrap_up_ms: number }
  | { kind: 'agent_state'; agent: Id; presence: Presence; activity: Activity; device: Device }

export interface JournalEntry {
  id: Id
  at: UtcMs
  interaction: Id | null
  agent: Id | null
  event: JournalEvent
  /** Names of the ids in the event, as they are called today. */
  agent_name?: string | null
  queue_name?: string | null
  disposition_name?: string | null
  /** Who did it, where that is not the agent of `agent_name`. */
  by_name?: string | null
}

export interface InteractionDetail {
  interaction: InteractionRow
  entries: JournalEntry[]
  customer?: CustomerCard | null
}

export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

export interface Peaks {
  left: number[]
  right: number[]
  duration_ms: number
}

export interface ReportRow {
  start: UtcMs
  offered: number
  answered: number
  answered_in_threshold: number
  abandoned: number
  abandoned_short: number
  answer_wait_ms: number
  talk_ms: number
  hold_ms: number
  wrap_up_ms: number
  handled: number
  service_level: number | null
  asa_ms: number | null
  abandonment: number | null
  aht_ms: number | null
  occupancy: number | null
}

export interface DayReport {
  date: string
  time_zone: string
  /** Null when the queues of the report differ. */
  service_level_s: number | null
  /** Version of the definitions behind the figures. */
  formula?: number
  intervals: ReportRow[]
  total: ReportRow
}

export interface SkillLevel {
  skill: Id
  level: number
}

export type WrapUp = { mode: 'none' } | { mode: 'timed'; limit_s: number }

export interface Queue {
  id: Id
  key: string
  name: string
  required_skills: SkillLevel[]
  ring_timeout_s: number
  wrap_up: WrapUp
  service_level_s: number
  service_level_target: number
  short_abandon_s: number
  announce_every_s: number
  max_waiting: number
  record: boolean
}

export interface Skill {
  id: Id
  key: string
  name: string
}

export interface Disposition {
  id: Id
  key: string
  name: string
  queues: Id[]
}

export interface User {
  id: Id
  email: string
  name: string
  role: Role
  language: 'ru' | 'en'
  device: Device
  sip_username: string | null
  phone_uri: string | null
  queues: Id[]
  skills: SkillLevel[]
}

export interface Flow {
  id: Id
  key: string
  name: string
  json: string
}

export interface PhoneNumber {
  id: Id
  number: string
  flow: Id
  language: 'ru' | 'en'
}

export interface Trunk {
  id: Id
  key: string
  name: string
  sources: string[]
  registration: { registrar: string; username: string; expires_s: number } | null
  max_calls: number
}

export interface FlowProblem {
  /** None when the whole flow is meant. */
  node: string | null
  field?: string | null
  message: string
}

export interface Demo {
  calls_per_minute: number
  life: boolean
}

/** RFC 9457, with the fields every refusal of this API has. */
export interface ProblemBody {
  type?: string
  title?: string
  status?: number
  code?: string
  detail?: string
  field?: string
  id?: string
  /** With `changed_meanwhile`: the card as it is now. */
  current?: CustomerCard
  /** With `flow_problems`. */
  problems?: FlowProblem[]
  /** With `in_use`: what has to change first. */
  used_by?: string[]
  [more: string]: unknown
}
