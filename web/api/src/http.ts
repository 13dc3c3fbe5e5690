// Requests to the REST API. A refusal is a `Problem` with a stable code; everything else is the parsed body.
import type { ProblemBody } from './types'

export const API = '/api/v1'

/** The server could not be reached at all: nothing was sent, or nothing came back. */
export const UNREACHABLE = 'unreachable'

export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly field: string | undefined
  /** Names the refusal in the server's log. */
  readonly id: string | undefined
  readonly retryAfterS: number | undefined
  readonly body: ProblemBody

  constructor(status: number, body: ProblemBody, retryAfterS?: number) {
    super(body.detail ?? body.title ?? `HTTP ${status}`)
    this.status = status
    this.code = body.code ?? `http_${status}`
    this.field = body.field
    this.id = body.id
    this.retryAfterS = retryAfterS
    this.body = body
  }
}

export type Query = Record<string, string | number | null | undefined>

export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return `${API}${path}${text ? `?${text}` : ''}`
}

async function send<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  // A cookie alone never changes anything: a foreign page cannot set this header.
  if (method !== 'GET') headers['X-Perezvon'] = '1'
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem(0, { code: UNREACHABLE })
  }
  const text = await response.text()
  const parsed = text === '' ? undefined : parse(text)
  if (!response.ok) {
    const retry = Number(response.headers.get('Retry-After'))
    const problem = typeof parsed === 'object' && parsed !== null ? (parsed as ProblemBody) : {}
    throw new Problem(response.status, problem, Number.isFinite(retry) && retry > 0 ? retry : undefined)
  }
  return parsed as T
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not ours: a proxy's page. The status says enough.
    return undefined
  }
}

export const http = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => send<T>('GET', address(path, query), undefined, signal),
  post: <T>(path: string, body?: unknown) => send<T>('POST', address(path), body ?? {}),
  put: <T>(path: string, body: unknown) => send<T>('PUT', address(path), body),
  remove: (path: string) => send<void>('DELETE', address(path)),
}
