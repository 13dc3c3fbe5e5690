export * from './types'
export { http, address, Problem, UNREACHABLE, type Query } from './http'
export { Socket, type SocketState, type SocketEvents } from './socket'
