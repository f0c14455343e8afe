// A program that imports some of Node when it is needed.
const { createServer } = await import('node:http')
console.log(typeof createServer)
