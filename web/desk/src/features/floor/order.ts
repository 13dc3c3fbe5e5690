import type { AgentView } from '@perezvon/api'

export type Sort = 'state' | 'name' | 'since' | 'handled'

const RANK: Record<AgentView['activity'], number> = { ringing: 0, reserved: 1, talking: 2, hold: 3, wrap_up: 4, idle: 5 }

/** Those at work first, then the ready, then the absent; each state by how long it lasts. */
function rank(agent: AgentView): number {
  if (agent.activity !== 'idle') return RANK[agent.activity]
  return agent.presence.state === 'ready' ? 5 : agent.presence.state === 'break' ? 6 : 7
}

export function ordered(agents: AgentView[], sort: Sort, text: string): AgentView[] {
  const wanted = text.trim().toLowerCase()
  const found = wanted === '' ? [...agents] : agents.filter((agent) => `${agent.name} ${agent.queue ?? ''} ${agent.with ?? ''}`.toLowerCase().includes(wanted))
  const byName = (a: AgentView, b: AgentView) => a.name.localeCompare(b.name)
  switch (sort) {
    case 'name':
      return found.sort(byName)
    case 'since':
      return found.sort((a, b) => a.since - b.since || byName(a, b))
    case 'handled':
      return found.sort((a, b) => b.handled_today - a.handled_today || byName(a, b))
    case 'state':
      return found.sort((a, b) => rank(a) - rank(b) || a.since - b.since || byName(a, b))
  }
}
