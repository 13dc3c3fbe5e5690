import { language, setLanguage } from '@perezvon/ui'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { mayBeSignedIn } from '../src/features/session/cookie'
import { Session } from '../src/features/session/session.svelte'

/** A page's cookies as RFC 6265bis section 5.7 has them: what is HttpOnly is neither shown to scripts nor replaced by them. */
function browser(httpOnly: string[]) {
  const jar = new Map<string, string>()
  return {
    get cookie() {
      return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    },
    set cookie(text: string) {
      const [pair = '', ...attributes] = text.split('; ')
      const [name = '', value = ''] = pair.split('=')
      if (httpOnly.includes(name)) return
      if (attributes.includes('Max-Age=0')) jar.delete(name)
      else jar.set(name, value)
    },
  }
}

describe('whether somebody may be signed in', () => {
  it('is seen by a cookie that cannot be replaced', () => {
    expect(mayBeSignedIn(browser(['perezvon_session']))).toBe(true)
  })

  it('leaves no cookie behind where there was none', () => {
    const page = browser([])
    page.cookie = 'other=1'
    expect(mayBeSignedIn(page)).toBe(false)
    expect(page.cookie).toBe('other=1')
  })

  it('is left to the server where cookies are off', () => {
    expect(mayBeSignedIn({ get cookie() { return '' }, set cookie(_text) {} })).toBe(true)
  })
})

describe('the language of an account', () => {
  const me = { id: 'u', tenant: 't', tenant_name: 'T', email: 'a@b.example', name: 'A', role: 'agent', language: 'ru', time_zone: 'Europe/Moscow' }
  const signIn = async (demo: boolean) => {
    vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ ...me, demo, calls_per_minute: 0, life: false })))
    await new Session().signIn(me.email, 'secret')
  }

  beforeEach(() => {
    setLanguage('en')
    localStorage.clear()
  })

  it('is taken over at sign-in', async () => {
    await signIn(false)
    expect(language()).toBe('ru')
  })

  it('gives way to what was chosen on this computer', async () => {
    setLanguage('en')
    await signIn(false)
    expect(language()).toBe('en')
  })

  it('is not that of the visitor of a demo', async () => {
    await signIn(true)
    expect(language()).toBe('en')
  })
})
