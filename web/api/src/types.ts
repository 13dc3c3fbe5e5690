// The JSON shapes of the API by their names, taken from the generated `schema.d.ts`.
import type { components } from './schema'

type Schemas = components['schemas']

/** Answers are whole: the server writes every field, `null` where there is nothing, though the schema lets it leave those out. */
type Whole<T> = T extends (infer Item)[] ? Whole<Item>[] : T extends object ? { [K in keyof T]-?: Whole<Exclude<T[K], undefined>> } : T

/** UUID, version 7. */
export type Id = string
/** Milliseconds since 1970-01-01T00:00:00Z. */
export type UtcMs = number

export type Role = Schemas['Role']
export type Device = Schemas['Device']
export type Channel = Schemas['Channel']
export type Capacity = Whole<Schemas['Capacity']>
export type Activity = Schemas['Activity']
export type Presence = Whole<Schemas['Presence']>
export type Me = Whole<Schemas['Me']>
export type CustomerField = Whole<Schemas['CustomerField']>
export type RecentConversation = Whole<Schemas['RecentConversation']>
export type CustomerCard = Whole<Schemas['CustomerCard']>
export type InteractionView = Whole<Schemas['InteractionView']>
export type OfferView = Whole<Schemas['OfferView']>
export type CallView = Whole<Schemas['CallView']>
export type WrapUpView = Whole<Schemas['WrapUpView']>
export type ItemView = Whole<Schemas['ItemView']>
export type ItemPhase = ItemView['phase']
export type QueueToday = Whole<Schemas['QueueToday']>
export type QueueView = Whole<Schemas['QueueView']>
export type AgentView = Whole<Schemas['AgentView']>
export type DeskView = Whole<Schemas['DeskView']>
export type UnservedQueue = Whole<Schemas['Warning']>
export type FloorView = Whole<Schemas['FloorView']>
export type TransferTarget = Whole<Schemas['TransferTarget']>
export type AgentCommand = Whole<Schemas['AgentCommand']>
export type Health = Schemas['JournalHealth']
export type Directory = Whole<Schemas['Directory']>
export type Outcome = Schemas['RowOutcome']
export type InteractionRow = Whole<Schemas['InteractionRow']>
export type JournalEvent = Whole<Schemas['Event']>
export type JournalEntry = Whole<Schemas['JournalEntry']>
export type InteractionDetail = Whole<Schemas['InteractionDetail']>
export type Peaks = Whole<Schemas['Peaks']>
export type RecordingView = Whole<Schemas['RecordingView']>
export type ReportRow = Whole<Schemas['ReportRow']>
export type DayReport = Whole<Schemas['DayReport']>
export type Receipt = Whole<Schemas['Receipt']>
export type RoutingStep = Whole<Schemas['Step']>
export type Widen = Whole<Schemas['Widen']>
export type Overflow = Whole<Schemas['Overflow']>
export type OverflowWhen = Whole<Schemas['OverflowWhen']>
export type OverflowCause = Whole<Schemas['OverflowCause']>
export type Goal = Whole<Schemas['Goal']>
export type Announcement = Whole<Schemas['Announcement']>
export type Say = Whole<Schemas['Say']>
export type Only = Whole<Schemas['Only']>
export type Day = Schemas['Day']
export type AtClose = Schemas['AtClose']
export type Opening = Whole<Schemas['Opening']>
export type HoursException = Whole<Schemas['Exception']>
export type Hours = Whole<Schemas['Hours']>
export type SkillLevel = Whole<Schemas['SkillLevel']>
export type Queue = Whole<Schemas['Queue']>
export type Skill = Whole<Schemas['Skill']>
export type Disposition = Whole<Schemas['Disposition']>
export type User = Whole<Schemas['User']>
export type Flow = Whole<Schemas['Flow']>
export type PhoneNumber = Whole<Schemas['Number']>
export type Trunk = Whole<Schemas['Trunk']>
export type FlowProblem = Whole<Schemas['FlowProblem']>
/** `before` and `after` are records as they are set up, in the form of the program that kept them. */
export type Change = Whole<Omit<Schemas['Change'], 'names'>> & { names: Record<string, string> }
export type Subject = Schemas['Subject']
export type Demo = Whole<Schemas['Demo']>

export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

type Received = Whole<Exclude<Schemas['ServerMessage'], { type: 'reply' }>>

/** A reply leaves out what it has no use for. */
export type ServerMessage = Received | { type: 'reply'; id: string; ok: true } | { type: 'reply'; id: string; ok: false; code: string; detail: string }

export type ClientMessage = Schemas['ClientMessage']

/** RFC 9457. Every part may be missing: a proxy in between answers with pages of its own. */
export type ProblemBody = { [K in keyof Schemas['Problem']]?: Whole<Exclude<Schemas['Problem'][K], undefined | null>> }
