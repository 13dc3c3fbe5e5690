// Who is signed in. In the demo a visitor without a session becomes an agent at once.
import { http, Problem, type Demo, type Me, type Role } from '@perezvon/api'
import { adoptLanguage, asProblem, setLanguage, type Language } from '@perezvon/ui'
import { mayBeSignedIn } from './cookie'

type State = { at: 'starting' } | { at: 'signed_out' } | { at: 'signed_in'; me: Me } | { at: 'failed'; problem: Problem }

const LEFT = 'perezvon.left'

export class Session {
  state = $state.raw<State>({ at: 'starting' })
  /** Set when this server is a demo, before sign-in too. */
  demo = $state.raw<Demo | null>(null)

  get me(): Me | null {
    return this.state.at === 'signed_in' ? this.state.me : null
  }

  async start(): Promise<void> {
    this.state = { at: 'starting' }
    try {
      const me = mayBeSignedIn() ? await this.current() : null
      if (me) return await this.enter(me)
      this.demo = await this.askDemo()
      if (!this.demo || sessionStorage.getItem(LEFT) || !(await this.tryDemo())) this.state = { at: 'signed_out' }
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

  /** Changes the language here at once, and for this person everywhere. */
  async chooseLanguage(language: Language): Promise<void> {
    setLanguage(language)
    if (this.me) await http.put('/session/language', { language })
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
    await this.enter(await http.get<Me>('/session'))
  }

  private async enter(me: Me): Promise<void> {
    this.demo = me.demo ? await this.askDemo().catch(() => null) : null
    // The demo's people have a language of their own, but its visitor is not one of them.
    if (!me.demo) adoptLanguage(me.language)
    this.state = { at: 'signed_in', me }
  }

  private async askDemo(): Promise<Demo | null> {
    return (await http.get<Demo | undefined>('/demo')) ?? null
  }

  /** Whether the server is a demo that lets visitors of this machine in. */
  private async tryDemo(): Promise<boolean> {
    try {
      await this.becomeRole('agent')
      return true
    } catch (error) {
      if (error instanceof Problem && error.status >= 400 && error.status < 500) return false
      throw error
    }
  }

  private async current(): Promise<Me | null> {
    try {
      return await http.get<Me>('/session')
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null
      throw error
    }
  }
}

export const session = new Session()
