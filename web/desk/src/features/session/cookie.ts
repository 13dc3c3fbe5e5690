// Whether this browser may hold a session. The cookie is HttpOnly, so it cannot be read; but it cannot be replaced by a
// script either (RFC 6265bis section 5.7), and an attempt shows whether there is one. Asking the server without a
// session would be refused, and every refusal stands in the browser's console as an error.
const NAME = 'perezvon_session'
const TRIAL = `${NAME}=none`

/** False only when there is certainly no session. */
export function mayBeSignedIn(page: Pick<Document, 'cookie'> = document): boolean {
  page.cookie = `${TRIAL}; Path=/; SameSite=Strict`
  if (!page.cookie.split('; ').includes(TRIAL)) return true
  page.cookie = `${TRIAL}; Path=/; SameSite=Strict; Max-Age=0`
  return false
}
