// The day's figures as rows of text and numbers, for the table and for CSV.
import type { DayReport, ReportRow } from '@perezvon/api'
import { duration, t, type Cell, type PlainKey } from '@perezvon/ui'

export interface Column {
  key: Exclude<keyof ReportRow, 'start'>
  kind: 'count' | 'percent' | 'time'
  title: PlainKey
  /** How the figure is counted (PRODUCT.md, "Measures"). */
  definition: PlainKey
  /** Left out where the screen is narrow. */
  wide?: true
  /** A part of another figure: for those who go on counting. */
  csvOnly?: true
}

export const COLUMNS: Column[] = [
  { key: 'offered', kind: 'count', title: 'report.offered', definition: 'report.offered_is' },
  { key: 'answered', kind: 'count', title: 'report.answered', definition: 'report.answered_is' },
  { key: 'answered_in_threshold', kind: 'count', title: 'report.in_threshold', definition: 'report.in_threshold_is', wide: true },
  { key: 'abandoned', kind: 'count', title: 'report.abandoned', definition: 'report.abandoned_is' },
  { key: 'abandoned_short', kind: 'count', title: 'report.short', definition: 'report.short_is', wide: true },
  { key: 'service_level', kind: 'percent', title: 'report.service_level', definition: 'report.service_level_is' },
  { key: 'abandonment', kind: 'percent', title: 'report.abandonment', definition: 'report.abandonment_is' },
  { key: 'asa_ms', kind: 'time', title: 'report.asa', definition: 'report.asa_is' },
  { key: 'aht_ms', kind: 'time', title: 'report.aht', definition: 'report.aht_is' },
  { key: 'occupancy', kind: 'percent', title: 'report.occupancy', definition: 'report.occupancy_is', wide: true },
  { key: 'promises_kept', kind: 'percent', title: 'report.promises_kept', definition: 'report.promises_kept_is', wide: true },
  { key: 'promised', kind: 'count', title: 'report.promised', definition: 'report.promised_is', csvOnly: true },
  { key: 'promise_kept', kind: 'count', title: 'report.promise_kept', definition: 'report.promise_kept_is', csvOnly: true },
  { key: 'promise_sooner', kind: 'count', title: 'report.promise_sooner', definition: 'report.promise_sooner_is', csvOnly: true },
]

export const SHOWN_COLUMNS = COLUMNS.filter((column) => !column.csvOnly)

/** The working part of the day: without the quiet intervals before the first and after the last one with work in it. */
export function withoutQuietEnds(intervals: ReportRow[]): ReportRow[] {
  const busy = (row: ReportRow) => row.offered > 0 || row.handled > 0
  const first = intervals.findIndex(busy)
  return first < 0 ? [] : intervals.slice(first, intervals.findLastIndex(busy) + 1)
}

const NONE = '—'

export function shownFigure(column: Column, row: ReportRow, percent: Intl.NumberFormat): string {
  const value = row[column.key]
  if (value === null || value === undefined) return NONE
  switch (column.kind) {
    case 'count':
      return String(value)
    case 'percent':
      return percent.format(value)
    case 'time':
      return duration(value)
  }
}

/** Times in whole seconds, percentages as numbers: a spreadsheet can go on counting with both. */
export function csvRows(report: DayReport, interval: (row: ReportRow) => string): Cell[][] {
  const figure = (column: Column, row: ReportRow): Cell => {
    const value = row[column.key]
    if (value === null || value === undefined) return null
    return column.kind === 'time' ? Math.round(value / 1_000) : value
  }
  const unit: Record<Column['kind'], string> = { count: '', percent: ', %', time: `, ${t('report.seconds')}` }
  return [
    [t('report.interval'), ...COLUMNS.map((column) => t(column.title) + unit[column.kind])],
    ...report.intervals.map((row) => [interval(row), ...COLUMNS.map((column) => figure(column, row))]),
    [t('report.total'), ...COLUMNS.map((column) => figure(column, report.total))],
  ]
}
