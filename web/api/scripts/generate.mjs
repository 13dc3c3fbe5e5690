// Makes api/src/schema.d.ts from api/openapi.json, the snapshot that the server's own test keeps equal to its code.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'

const snapshot = fileURLToPath(new URL('../openapi.json', import.meta.url))
const target = fileURLToPath(new URL('../src/schema.d.ts', import.meta.url))

const types = await openapiTS(JSON.parse(readFileSync(snapshot, 'utf8')))
const source = `// Made by api/scripts/generate.mjs from api/openapi.json; not kept in the repository.\n${astToString(types)}`
if (!existsSync(target) || readFileSync(target, 'utf8') !== source) writeFileSync(target, source)
