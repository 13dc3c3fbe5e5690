// What a conversation went through, in plain words of both languages.
import type { JournalEntry, JournalEvent } from '@perezvon/api'
import { setLanguage, type Language } from '@perezvon/ui'
import { describe, expect, it } from 'vitest'
import { stepOf } from '../src/features/interactions/steps'
import { OUTCOMES, outcomeTone, outcomeWord } from '../src/features/interactions/words'
import { names } from '../src/live/directory.svelte'

names.all = { queues: [{ id: 'q', key: 'support', name: 'Поддержка', channel: 'voice' }, { id: 's', key: 'sales', name: 'Продажи', channel: 'voice' }], agents: [], dispositions: [], skills: [] }
const queue = 'q'
const told = (low_s: number, high_s: number | null): JournalEvent => ({ kind: 'wait_announced', queue, low_s, high_s })

const cases: [JournalEvent, Record<Language, string>][] = [
  [told(120, 300), { en: 'The caller was told to wait 2 to 5 minutes', ru: 'Названо ожидание: от 2 до 5 минут' }],
  [told(0, 60), { en: 'The caller was told to wait up to 1 minute', ru: 'Названо ожидание: до 1 минуты' }],
  [told(3_600, null), { en: 'The caller was told to wait more than an hour', ru: 'Названо ожидание: больше часа' }],
  [{ kind: 'overflowed', queue, cause: { kind: 'waited', wait_ms: 300_000 }, to: { kind: 'voicemail' } }, { en: 'Goes on from “Поддержка” to voicemail; waited 5:00', ru: 'Уходит из «Поддержка» на автоответчик; ожидание 5:00' }],
  [{ kind: 'overflowed', queue, cause: { kind: 'estimate', wait_ms: 725_000 }, to: { kind: 'queue', queue: 's' } }, { en: 'Goes on from “Поддержка” to “Продажи”; estimated wait 12:05', ru: 'Уходит из «Поддержка» в «Продажи»; оценка ожидания 12:05' }],
  [{ kind: 'overflowed', queue, cause: { kind: 'more_waiting', waiting: 21 }, to: { kind: 'number', to: '+74950000001', trunk: null } }, { en: 'Goes on from “Поддержка” to +7 495 000-00-01; 21 were waiting before', ru: 'Уходит из «Поддержка» на +7 495 000-00-01; впереди ждал 21' }],
  [{ kind: 'overflowed', queue, cause: { kind: 'nobody_signed_in' }, to: { kind: 'onward' } }, { en: 'Goes on from “Поддержка” as the flow leads; nobody of the queue was signed in', ru: 'Уходит из «Поддержка» дальше по сценарию; никого из очереди не было на смене' }],
  [{ kind: 'overflowed', queue, cause: { kind: 'closed' }, to: { kind: 'flow', flow: 'f' } }, { en: 'Goes on from “Поддержка” to another flow; the queue was closed', ru: 'Уходит из «Поддержка» в другой сценарий; очередь была закрыта' }],
  [{ kind: 'overflowed', queue, cause: { kind: 'asked' }, to: { kind: 'callback' } }, { en: 'Goes on from “Поддержка” to be called back; the caller asked for it', ru: 'Уходит из «Поддержка» ждать обратного звонка; по просьбе клиента' }],
  [{ kind: 'callback_promised', queue, number: '+79161234567', language: 'ru', place_at: 0, needs: [], points: 0 }, { en: 'A call back to +7 916 123-45-67 was promised; the place is kept', ru: 'Обещано перезвонить на +7 916 123-45-67; место сохранено' }],
  [{ kind: 'callback_dialled', queue, attempt: 1 }, { en: 'The customer is called back', ru: 'Перезваниваем клиенту' }],
  [{ kind: 'callback_dialled', queue, attempt: 3 }, { en: 'The customer is called back; try no. 3', ru: 'Перезваниваем клиенту; попытка 3' }],
  [{ kind: 'callback_failed', queue, cause: 'busy', again_at: null }, { en: 'The customer was not reached: busy; no more tries', ru: 'Дозвониться не удалось: занято; больше попыток не будет' }],
  [{ kind: 'callback_failed', queue, cause: 'failed', again_at: null }, { en: 'The customer was not reached; no more tries', ru: 'Дозвониться не удалось; больше попыток не будет' }],
  [{ kind: 'message_started' }, { en: 'The caller leaves a message', ru: 'Клиент оставляет сообщение' }],
]

describe.each(['en', 'ru'] as const)('a step in %s', (language) => {
  it.each(cases.map(([event, says]) => [says[language], event] as const))('%s', (says, event) => {
    setLanguage(language)
    const { text, detail } = stepOf({ id: 'e', at: 0, event } as unknown as JournalEntry)
    expect([text, detail].filter(Boolean).join('; ')).toBe(says)
  })

  it('tells when the next try comes', () => {
    setLanguage(language)
    const { detail } = stepOf({ id: 'e', at: 0, event: { kind: 'callback_failed', queue, cause: 'busy', again_at: Date.now() } } as unknown as JournalEntry)
    expect(detail).toMatch(/^(next try|следующая попытка) \d\d:\d\d$/)
  })
})

describe('an outcome', () => {
  it.each(OUTCOMES)('%s has a word in both languages', (outcome) => {
    for (const language of ['en', 'ru'] as const) {
      setLanguage(language)
      expect(outcomeWord(outcome)).not.toBe(outcome)
    }
  })

  it('is bad where a customer was lost, and plain where there is something to hear', () => {
    expect(OUTCOMES.filter((outcome) => outcomeTone(outcome) === 'bad')).toEqual(['abandoned', 'not_reached', 'interrupted'])
    expect(OUTCOMES.filter((outcome) => outcomeTone(outcome) === 'plain')).toEqual(['answered', 'left_message'])
  })
})
