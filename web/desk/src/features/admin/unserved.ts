// Queues that nobody could serve as the company is set up now, in words.
import type { UnservedQueue } from '@perezvon/api'
import { t } from '@perezvon/ui'
import { names } from '../../live/directory.svelte'

export function unservedWord({ queue: id, kind }: UnservedQueue): string {
  const queue = names.queue(id) ?? ''
  switch (kind.kind) {
    case 'no_agents':
      return t('queue.unserved_no_agents', { queue })
    case 'nobody_has_skill':
      return t('queue.unserved_no_skill', { queue, skill: names.all.skills.find((one) => one.id === kind.skill)?.name ?? '', level: kind.level })
    case 'nobody_has_all_skills':
      return t('queue.unserved_not_all', { queue })
  }
}
