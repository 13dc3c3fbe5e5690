import { describe, expect, it } from 'vitest'
import { mayBeSignedIn } from '../src/features/session/cookie'

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
