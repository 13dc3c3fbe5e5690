import { t, type PlainKey } from '@perezvon/ui'

const KNOWN: Record<string, PlainKey> = { account: 'collected.account', menu: 'collected.menu', language: 'collected.language' }

/** What a flow asked for, in words where its name is one of ours. */
export function collectedWord(name: string): string {
  return KNOWN[name] ? t(KNOWN[name]) : name
}
