import { describe, expect, it } from 'vitest'
import { calendar, duration, secondsLeft, startOfDay } from '../src/time/format'
import { readDay, writtenDay } from '../src/time/day'
import { ringOffset, RING_LENGTH } from '../src/parts/ring'
import { phone } from '../src/text/phone'
import { csv } from '../src/text/csv'

describe('durations', () => {
  it.each([
    [0, '0:00'],
    [-5_000, '0:00'],
    [999, '0:00'],
    [61_000, '1:01'],
    [3_599_999, '59:59'],
    [3_600_000, '1:00:00'],
    [37_325_000, '10:22:05'],
  ])('%s ms reads as %s', (ms, text) => expect(duration(ms)).toBe(text))

  it('the last second before a deadline shows as 1 and the deadline as 0', () => {
    expect(secondsLeft(10_000, 9_001)).toBe(1)
    expect(secondsLeft(10_000, 10_000)).toBe(0)
    expect(secondsLeft(10_000, 12_000)).toBe(0)
  })
})

describe('the countdown ring', () => {
  it('is whole at the offer, half gone half-way, gone at the deadline, and never beyond', () => {
    expect(ringOffset(1_000, 21_000, 1_000)).toBe(0)
    expect(ringOffset(1_000, 21_000, 11_000)).toBe(RING_LENGTH / 2)
    expect(ringOffset(1_000, 21_000, 21_000)).toBe(RING_LENGTH)
    expect(ringOffset(1_000, 21_000, 60_000)).toBe(RING_LENGTH)
    expect(ringOffset(1_000, 21_000, 0)).toBe(0)
  })

  it('survives a deadline that is no later than its start', () => {
    expect(ringOffset(5_000, 5_000, 5_001)).toBe(RING_LENGTH)
  })
})

describe('dates', () => {
  const now = Date.parse('2026-11-21T11:06:00Z')

  it('are shorter the nearer they are, in the zone of the company', () => {
    const moscow = calendar('ru', 'Europe/Moscow', 'вчера')
    expect(moscow.moment(now, now)).toBe('14:06')
    expect(moscow.moment(now - 86_400_000, now)).toBe('вчера 14:06')
    expect(moscow.moment(now - 5 * 86_400_000, now)).toBe('16 нояб. 14:06')
    expect(moscow.moment(Date.parse('2025-10-03T06:14:00Z'), now)).toBe('3 окт. 2025 09:14')
    expect(calendar('en', 'America/New_York', 'yesterday').moment(now, now)).toBe('06:06')
  })

  it('a day begins at midnight of the zone, also when clocks change', () => {
    expect(startOfDay('2026-11-21', 'Europe/Moscow')).toBe(Date.parse('2026-11-20T21:00:00Z'))
    expect(startOfDay('2026-11-21', 'UTC')).toBe(Date.parse('2026-11-21T00:00:00Z'))
    expect(startOfDay('2026-07-01', 'Europe/Berlin')).toBe(Date.parse('2026-06-30T22:00:00Z'))
    expect(startOfDay('2026-12-01', 'Europe/Berlin')).toBe(Date.parse('2026-11-30T23:00:00Z'))
  })
})

describe('telephone numbers', () => {
  it.each([
    ['+79161234567', '+7 916 123-45-67'],
    ['+12125550123', '+1 212 555-0123'],
    ['+442071838750', '+44 207 183 8750'],
    ['101', '101'],
    ['anonymous', 'anonymous'],
    ['', ''],
  ])('%s shows as “%s”', (number, shown) => expect(phone(number)).toBe(shown))
})

describe('CSV', () => {
  it('quotes what holds separators, quotes or line ends', () => {
    expect(csv([['a,b', 'say "x"', 'one\ntwo', 'plain']], 'en')).toBe('\ufeff"a,b","say ""x""","one\ntwo",plain\r\n')
  })

  it('in Russian separates by semicolons and writes a decimal comma', () => {
    expect(csv([['Всего', 81.9, null, 'a,b']], 'ru')).toBe('\ufeffВсего;81,9;;a,b\r\n')
  })

  it('disarms formulas', () => {
    expect(csv([['=1+1', '+7916', '@x', '-5', -5]], 'en')).toBe("\ufeff'=1+1,'+7916,'@x,'-5,-5\r\n")
  })
})

describe('days as people write them', () => {
  it('are shown in the order and with the signs of the language', () => {
    expect(writtenDay('2026-11-05', 'ru')).toBe('05.11.2026')
    expect(writtenDay('2026-11-05', 'en')).toBe('05/11/2026')
    expect(writtenDay('', 'ru')).toBe('')
  })

  it.each([
    ['5.11.2026', '2026-11-05'], ['05/11/2026', '2026-11-05'], ['5 11 26', '2026-11-05'], ['5.11', '2026-11-05'], ['2026-11-05', '2026-11-05'],
    ['31.4.2026', undefined], ['29.2.2026', undefined], ['yesterday', undefined], ['5', undefined], ['2026-11', undefined], ['', undefined], ['1.2.3.4', undefined],
  ])('“%s” is read as %s', (text, day) => {
    expect(readDay(text, '2026-11-22')).toBe(day)
  })
})
