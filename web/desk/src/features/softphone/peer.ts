// One RTCPeerConnection to the server's media. The server is ICE-lite with one known address, so candidates of ours
// are of little use to it: the offer goes out with the first one, or without any.

/** How long an offer waits for a first candidate. */
const GATHER_MS = 150

export interface PeerEvents {
  stream(stream: MediaStream): void
  state(state: RTCPeerConnectionState): void
}

/** Opens a peer that sends `track` and hears the server; `exchange` carries the offer there and the answer back. */
export async function openPeer(track: MediaStreamTrack | undefined, exchange: (offer: string) => Promise<string>, events: PeerEvents): Promise<RTCPeerConnection> {
  const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
  try {
    const transceiver = peer.addTransceiver(track ?? 'audio', { direction: 'sendrecv' })
    preferTelephoneCodecs(transceiver)
    peer.ontrack = (event) => events.stream(event.streams[0] ?? new MediaStream([event.track]))
    peer.onconnectionstatechange = () => events.state(peer.connectionState)
    await peer.setLocalDescription(await peer.createOffer())
    await firstCandidate(peer)
    const sdp = await exchange(peer.localDescription?.sdp ?? '')
    await peer.setRemoteDescription({ type: 'answer', sdp })
    return peer
  } catch (error) {
    peer.close()
    throw error
  }
}

/** G.711 as the telephone network speaks it, so that nothing is transcoded on the way, and digits (RFC 4733). */
export function preferTelephoneCodecs(transceiver: RTCRtpTransceiver): void {
  const known = RTCRtpReceiver.getCapabilities?.('audio')?.codecs ?? []
  const wanted = telephoneCodecs(known)
  if (wanted.some((codec) => /pcm[ua]$/i.test(codec.mimeType))) transceiver.setCodecPreferences?.(wanted)
}

/** PCMU, PCMA, telephone-event at 8 kHz, in this order. */
export function telephoneCodecs<C extends { mimeType: string; clockRate: number }>(codecs: C[]): C[] {
  const order = ['audio/pcmu', 'audio/pcma', 'audio/telephone-event']
  return codecs
    .filter((codec) => codec.clockRate === 8_000 && order.includes(codec.mimeType.toLowerCase()))
    .sort((a, b) => order.indexOf(a.mimeType.toLowerCase()) - order.indexOf(b.mimeType.toLowerCase()))
}

function firstCandidate(peer: RTCPeerConnection): Promise<void> {
  if (peer.iceGatheringState === 'complete') return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(done, GATHER_MS)
    function done() {
      clearTimeout(timer)
      peer.removeEventListener('icecandidate', done)
      resolve()
    }
    peer.addEventListener('icecandidate', done)
  })
}
