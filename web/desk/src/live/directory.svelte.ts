// Names of queues, agents, dispositions and skills, for screens that hold ids.
import { http, type Directory } from '@perezvon/api'

const EMPTY: Directory = { queues: [], agents: [], dispositions: [], skills: [] }

class Names {
  all = $state.raw<Directory>(EMPTY)

  async load(): Promise<void> {
    this.all = { ...EMPTY, ...(await http.get<Directory>('/directory')) }
  }

  queue(id: string | null): string | undefined {
    return this.all.queues.find((queue) => queue.id === id)?.name
  }

  agent(id: string | null): string | undefined {
    return this.all.agents.find((agent) => agent.id === id)?.name
  }

  disposition(id: string | null): string | undefined {
    return this.all.dispositions.find((disposition) => disposition.id === id)?.name
  }
}

export const names = new Names()
