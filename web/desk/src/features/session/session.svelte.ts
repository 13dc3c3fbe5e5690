// Who is signed in. In the demo a visitor without a session becomes an agent at once.
import { http, Problem, type Demo, type Me, type Role } from '@perezvon/api'
import { asProblem } from '@perezvon/ui'

type State = { at: 'starting' } | { at: 'signed_out' } | { at: 'signed_in'; me: Me } | { at: 'failed'; problem: Problem }

const LEFT = 'perezvon.left'

class Session {
  state = $state.raw<State>({ at: 'starting' })
  demo = $state.raw<Demo | null>(null)

  get me(): Me | null {
    return this.state.at === 'signed_in' ? this.state.me : null
  }

  async start(): Promise<void> {
    this.state = { at: 'starting' }
    try {
      const [me, demo] = await Promise.all([this.current(), this.findDemo()])
      this.demo = demo
      if (me) this.state = { at: 'signed_in', me }
      else if (demo && !sessionStorage.getItem(LEFT)) await this.becomeRole('agent')
      else this.state = { at: 'signed_out' }
    } catch (error) {
      this.state = { at: 'failed', problem: asProblem(error) }
    }
  }

  async signIn(email: string, password: string): Promise<void> {
    await http.post('/session', { email, password })
    await this.entered()
  }

  /** Demo only: signs in as the demo's agent, supervisor or admin. */
  async becomeRole(role: Role): Promise<void> {
    await http.post('/demo/session', { role })
    await this.entered()
  }

  async signOut(): Promise<void> {
    sessionStorage.setItem(LEFT, '1')
    await http.remove('/session').catch(() => undefined)
    this.state = { at: 'signed_out' }
  }

  /** The server no longer knows the session. */
  expired(): void {
    if (this.state.at === 'signed_in') this.state = { at: 'signed_out' }
  }

  private async entered(): Promise<void> {
    sessionStorage.removeItem(LEFT)
    this.state = { at: 'signed_in', me: await http.get<Me>('/session') }
  }

  private async current(): Promise<Me | null> {
    try {
      return await http.get<Me>('/session')
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null
      throw error
    }
  }

  private async findDemo(): Promise<Demo | null> {
    try {
      return await http.get<Demo>('/demo')
    } catch {
      return null
    }
  }
}

export const session = new Session()
