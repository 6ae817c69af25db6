import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const NEVER = 2 ** 31 - 1;

/**
 * The file of a worker thread that lies beside the caller's own: `worker.ts` beside a source, `worker.js` beside what it was compiled to.
 *
 * Node strips the types of a source by WebAssembly, in every thread anew. With enough sources V8 (13.6, in Node 24) compiles the calls
 * out of it again, and frees what other threads still use: the process dies. So it is told not to; what was compiled has no types to strip.
 */
export function workerFile(ownUrl: string): URL {
  const extension = extname(fileURLToPath(ownUrl));
  if (extension === '.ts') setFlagsFromString(`--wasm-wrapper-tiering-budget=${NEVER}`);
  return new URL(`./worker${extension}`, ownUrl);
}
