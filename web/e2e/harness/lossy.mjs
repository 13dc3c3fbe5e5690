// A network that loses every so many of the datagrams between one client and the server's SIP port.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { dice } from './datagrams.mjs'

export class LossyNetwork {
  /** `percent` of the datagrams to and from the port `to` are lost, the same ones each time from one `seed`. */
  static async open(to, { percent, seed }) {
    const network = new LossyNetwork()
    const throwDice = dice(seed)
    network.lost = 0
    network.near = createSocket('udp4')
    network.far = createSocket('udp4')
    for (const socket of [network.near, network.far]) {
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
    }
    network.port = network.near.address().port
    let client
    const passes = () => {
      const lost = throwDice(100) < percent
      if (lost) network.lost += 1
      return !lost
    }
    network.near.on('message', (message, { port }) => {
      client = port
      if (passes()) network.far.send(message, to, '127.0.0.1')
    })
    network.far.on('message', (message) => {
      if (client && passes()) network.near.send(message, client, '127.0.0.1')
    })
    return network
  }

  close() {
    this.near.close()
    this.far.close()
  }
}
