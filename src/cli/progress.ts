import { Presets, SingleBar } from 'cli-progress';
import type { ProgressEvent } from '../run/context.js';

export type Progress = { readonly take: (event: ProgressEvent) => void; readonly stop: () => void };

/** A bar on a terminal; elsewhere one line a step, so that a log stays readable. Never decides anything. */
export function showProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? barOn(stream) : linesOn(stream);
}

function linesOn(stream: NodeJS.WriteStream): Progress {
  return {
    take: (event) => {
      const text = sentence(event);
      if (text !== null) stream.write(`${text}\n`);
    },
    stop: () => undefined,
  };
}

function barOn(stream: NodeJS.WriteStream): Progress {
  const bar = new SingleBar(
    { stream, format: 'comparing {bar} {value}/{total}  eta {eta_formatted}', hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  return {
    take: (event) => {
      if (event.step === 'collect' && !event.isDone)
        stream.write(`\r\u001b[Kcollecting ${event.side}: ${event.documents} documents`);
      if (event.step === 'usage' && !event.isDone)
        stream.write(`\r\u001b[Kreading usage of ${event.side}: ${event.records} records`);
      const text = sentence(event);
      if (text !== null) stream.write(`\r\u001b[K${text}\n`);
      if (event.step === 'pair' && event.chunks > 0) bar.start(event.chunks, 0);
      if (event.step === 'compare') bar.increment();
      if (event.step === 'summarise') bar.stop();
    },
    stop: () => bar.stop(),
  };
}

function sentence(event: ProgressEvent): string | null {
  if (event.step === 'collect' && event.isDone) return `collected ${event.side}: ${event.documents} documents`;
  if (event.step === 'usage' && event.isDone) return `read usage of ${event.side}: ${event.records} records`;
  if (event.step === 'pair')
    return `settled ${event.settledPairs} pairs by digest; ${event.residueCustomers} customers go to the engine`;
  return null;
}
