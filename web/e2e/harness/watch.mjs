// What goes wrong in pages without anybody seeing it: errors of scripts and of the console, and requests that failed.

/** Adds to `problems` what any page of the context meets from now on. */
export function watch(context, problems) {
  const page = (page) => page.on('pageerror', (error) => problems.push(`page error: ${error.message}`))
  context.pages().forEach(page)
  context.on('page', page)
  context.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} ${message.location().url}`)
  })
  context.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.request().method()} ${response.url()}`)
  })
  context.on('requestfailed', (request) => {
    // A page that is left drops what it still waits for.
    const why = request.failure()?.errorText
    if (why !== 'net::ERR_ABORTED') problems.push(`${why} ${request.method()} ${request.url()}`)
  })
}
