import { type DigestInput, digestHere } from './app-compare.js';
import { inThread } from './in-thread.js';

/* The thread that digests one side of a comparison that stores nothing. Its table is handed over, not copied. */

await inThread(async (input, signal) => {
  const result = await digestHere(input as DigestInput, signal);
  return { result, transfer: Object.values(result.table).filter((one) => one instanceof ArrayBuffer) };
});
