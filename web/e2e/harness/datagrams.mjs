// Spoilt datagrams: seeds, the same spoiling each time from one number, and a sender that outruns no receiver.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { until } from './server.mjs'

/** Sent before the receivers are given the time to read all. */
const BURST = 64

/** mulberry32: the same numbers each time from one seed. */
export function dice(seed) {
  let state = seed
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let z = Math.imul(state ^ (state >>> 15), 1 | state)
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z
    return ((z ^ (z >>> 14)) >>> 0) % sides
  }
}

/** Spoils a message in one to four places; one in sixteen is nothing but noise. */
export function spoil(seed, throwDice) {
  let bytes = Buffer.from(seed)
  if (throwDice(16) === 0) return Buffer.from(bytes.map(() => throwDice(256)))
  for (let times = 1 + throwDice(4); times > 0 && bytes.length > 0; times--) {
    const at = throwDice(bytes.length)
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
    switch (throwDice(8)) {
      case 0:
        bytes[at] ^= 1 << throwDice(8)
        break
      case 1:
        bytes[at] = throwDice(256)
        break
      case 2:
        bytes = Buffer.from(before)
        break
      case 3:
        bytes = Buffer.concat([before, after.subarray(throwDice(40))])
        break
      case 4:
        bytes = Buffer.concat([before, Buffer.from('\r\n;,:<>"@ \0=%'[throwDice(13)]), after])
        break
      case 5:
        bytes = repeatLine(bytes, throwDice)
        break
      case 6:
        bytes = Buffer.concat([before, Buffer.from(String(throwDice(2 ** 31) * 2 ** throwDice(20))), after])
        break
      case 7:
        bytes = Buffer.concat([before, Buffer.alloc(throwDice(2_000), bytes[at]), after])
        break
    }
  }
  return bytes
}

/** A header twice, or very often. */
function repeatLine(bytes, throwDice) {
  const lines = bytes.toString('latin1').split('\r\n')
  const line = lines[throwDice(lines.length)]
  lines.splice(throwDice(lines.length), 0, ...Array(throwDice(8) === 0 ? 300 : 1).fill(line))
  return Buffer.from(lines.join('\r\n').slice(0, 60_000), 'latin1')
}

/** The UDP sockets of this machine: what waits in them to be read, and what was dropped since nobody did. */
export function udpSockets() {
  const lines = readFileSync('/proc/net/udp', 'utf8').trim().split('\n').slice(1)
  return lines.map((line) => {
    const fields = line.trim().split(/\s+/)
    const [address, port] = fields[1].split(':')
    return {
      loopback: address === '0100007F',
      port: parseInt(port, 16),
      waiting: parseInt(fields[4].split(':')[1], 16),
      dropped: Number(fields.at(-1)),
    }
  })
}

/** Sends every datagram to one of the ports, and waits now and then until all was read. Answers what was dropped. */
export async function pour(ports, count, make) {
  const own = () => udpSockets().filter((socket) => socket.loopback && ports.includes(socket.port))
  const droppedBefore = sum(own(), 'dropped')
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  // Answers come back here and are nothing to anybody.
  socket.on('message', () => undefined)
  const send = (port) =>
    new Promise((resolve, reject) => socket.send(make(), port, '127.0.0.1', (error) => (error ? reject(error) : resolve())))
  try {
    for (let sent = 0; sent < count; sent += BURST) {
      const burst = Array.from({ length: Math.min(BURST, count - sent) }, (_, n) => send(ports[(sent + n) % ports.length]))
      await Promise.all(burst)
      await until('the datagrams to be read', () => sum(own(), 'waiting') === 0)
    }
  } finally {
    socket.close()
  }
  return sum(own(), 'dropped') - droppedBefore
}

function sum(sockets, field) {
  return sockets.reduce((total, socket) => total + socket[field], 0)
}

/** One request of each method, a response, and folded, compact and empty oddities. `number` is nobody's. */
export function sipSeeds(server, number) {
  const sdp = [
    'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 4000 RTP/AVP 0 8 101',
    'a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-16', 'a=sendrecv', '',
  ].join('\r\n')
  const message = (first, cseq, more = []) =>
    [
      first, 'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKspoilt;rport', 'Max-Forwards: 70', 'From: "A" <sip:a@127.0.0.1>;tag=1',
      `To: <sip:${number}@127.0.0.1:${server.sip}>`, 'Call-ID: spoilt@127.0.0.1', `CSeq: ${cseq}`, 'Contact: <sip:a@127.0.0.1:9>', ...more,
      'Content-Type: application/sdp', `Content-Length: ${sdp.length}`, '', sdp,
    ].join('\r\n')
  const requests = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'REGISTER', 'UPDATE', 'INFO', 'SUBSCRIBE', 'MESSAGE'].map((method) =>
    message(`${method} sip:${number}@127.0.0.1:${server.sip} SIP/2.0`, `1 ${method}`, [
      'Supported: timer', 'Session-Expires: 1800;refresher=uac', 'Min-SE: 90', 'Require: timer', 'Expires: 60',
      'Authorization: Digest username="agent1", realm="perezvon", nonce="x", uri="sip:h", response="y", qop=auth, nc=00000001, cnonce="c"',
    ]),
  )
  const responses = ['100 Trying', '180 Ringing', '200 OK', '401 Unauthorized', '487 Request Terminated'].map((status) => message(`SIP/2.0 ${status}`, '1 INVITE'))
  const compact = `OPTIONS sip:x SIP/2.0\r\nv: SIP/2.0/UDP 127.0.0.1:9\r\n ;branch=z9hG4bK2\r\nf: <sip:a@b>;tag=1\r\nt: <sip:c@d>\r\ni: 2\r\nCSeq: 1 OPTIONS\r\nl: 0\r\n\r\n`
  return [...requests, ...responses, compact, '\r\n\r\n', '\0'].map((text) => Buffer.from(text, 'latin1'))
}

/** RTP with and without its options, digits, RTCP of each kind, and what WebRTC begins with. */
export function mediaSeeds() {
  const rtp = (first, type, body) => Buffer.concat([Buffer.from([first, type, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4]), body])
  const rtcp = (type, words) => Buffer.concat([Buffer.from([0x81, type, words >> 8, words & 255]), Buffer.alloc(words * 4, 7)])
  const sound = Buffer.alloc(160, 0x55)
  const stun = Buffer.from('000100242112a4426162636465666768696a6b6c0006000973657276657261676500000000240004000001008022000474657374', 'hex')
  const dtls = Buffer.concat([Buffer.from('16fefd0000000000000000002e0100002200000000000000', 'hex'), Buffer.alloc(40, 3)])
  return [
    rtp(0x80, 8, sound), rtp(0x80, 0, sound), rtp(0x80, 0x80 | 101, Buffer.from([1, 0x8a, 3, 32])), rtp(0x80, 111, Buffer.alloc(60, 9)),
    rtp(0xb0, 8, Buffer.concat([Buffer.from([0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0]), sound, Buffer.from([0, 0, 3])])),
    rtp(0x8f, 8, Buffer.concat([Buffer.alloc(60, 1), sound])),
    rtcp(200, 6), rtcp(201, 7), rtcp(202, 4), rtcp(203, 2), rtcp(205, 3), rtcp(206, 3), stun, dtls, Buffer.alloc(1),
  ]
}
