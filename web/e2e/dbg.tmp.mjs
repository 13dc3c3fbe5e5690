import { Desk } from './harness/desk.mjs'
import { Server } from './harness/server.mjs'
const t=Date.now(); const log=(...a)=>console.log(Date.now()-t,...a)
const server = await Server.start(); log('server')
const sup = await server.client('supervisor@demo.example'); log('client')
const desk = await Desk.open(server, { hz: 1000 }); log('desk')
await desk.page.getByTestId('ready').click({timeout:8000}).catch(e=>log(e.message.slice(0,400))); log('clicked')
await desk.untilState('Ready').catch(e=>log(e.message.slice(0,300))); log('ready')
await desk.close(); log('closed'); 
setTimeout(()=>{log(server.log.slice(-20).join('\n')); log(server.process.exitCode, server.process.signalCode)},5000)
await server.stop(); log('stopped'); process.exit(0)
