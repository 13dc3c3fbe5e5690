// A gate in front of the pages and their socket, which can be shut. Audio goes by UDP, past it.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

export class Gate {
  /** In front of the port `to`. */
  static async open(to) {
    const gate = new Gate()
    gate.passing = new Set()
    gate.shut = false
    gate.listener = createServer((near) => {
      if (gate.shut) return near.destroy()
      const far = connect(to, '127.0.0.1')
      for (const [one, other] of [[near, far], [far, near]]) {
        gate.passing.add(one)
        one.on('error', () => undefined)
        one.on('close', () => {
          gate.passing.delete(one)
          other.destroy()
        })
        one.pipe(other)
      }
    })
    gate.listener.listen(0, '127.0.0.1')
    await once(gate.listener, 'listening')
    gate.url = `http://127.0.0.1:${gate.listener.address().port}`
    return gate
  }

  /** Cuts every connection, and lets none in. */
  close() {
    this.shut = true
    for (const socket of this.passing) socket.destroy()
  }

  reopen() {
    this.shut = false
  }

  async remove() {
    this.close()
    this.listener.close()
    await once(this.listener, 'close')
  }
}
