import { api, type Invoice, type PairDetail } from '../api-client.js';
import { amountText, timeText, words } from '../money-text.js';
import { Empty } from '../parts.js';

type Side = 'legacy' | 'solvimon';

const factRows: readonly (readonly [string, (one: Invoice) => string])[] = [
  ['Kind', (one) => words(one.kind)],
  ['Customer', (one) => (one.customerRef === one.customer ? one.customer : `${one.customer}, here ${one.customerRef}`)],
  ['Status', (one) => `${one.state} (${one.rawStatus})`],
  ['Currency', (one) => one.currency],
  ['Tax', (one) => one.taxMode],
  ['Issued', (one) => (one.issuedAt === null ? '–' : timeText(one.issuedAt))],
  ['Net', (one) => amountText(one.net, one.currency)],
  ['Discount', (one) => amountText(one.discount, one.currency)],
  ['Tax amount', (one) => amountText(one.tax, one.currency)],
  ['Total', (one) => amountText(one.gross, one.currency)],
];
/** Facts whose difference is a difference in billing; statuses and names of the systems always differ. */
const compared = new Set(['Kind', 'Currency', 'Tax', 'Net', 'Discount', 'Tax amount', 'Total']);

/** The two papers. What differs is underlined; what agrees stays plain. */
export function Papers({ detail }: { readonly detail: PairDetail }) {
  return (
    <div className="papers">
      <Paper side="legacy" detail={detail} />
      <Paper side="solvimon" detail={detail} />
    </div>
  );
}

function Paper({ side, detail }: { readonly side: Side; readonly detail: PairDetail }) {
  const mine = detail[side];
  const others = detail[side === 'legacy' ? 'solvimon' : 'legacy'];
  const unreadable = detail.unreadable[side];
  return (
    <section className="paper" aria-label={side}>
      <h2>{side === 'legacy' ? 'Legacy' : 'Solvimon'}</h2>
      {mine.length === 0 && unreadable.length === 0 && <Empty>This side has no invoice here.</Empty>}
      {mine.map((one, index) => (
        <div key={one.id}>
          <h3 className="id">{one.number ?? one.id}</h3>
          <dl className="facts">
            {factRows.map(([name, read]) => {
              const other = others[index];
              const differs = compared.has(name) && other !== undefined && read(other) !== read(one);
              return (
                <div key={name} className="fact">
                  <dt>{name}</dt>
                  <dd className={differs ? 'differs' : undefined}>
                    {read(one)}
                    {differs && <span className="visually-hidden"> (differs)</span>}
                  </dd>
                </div>
              );
            })}
          </dl>
          <p className="muted">
            {one.file !== null && `${one.file}${one.fileLine === null ? '' : `:${one.fileLine}`} `}
            {one.raw !== null && (
              <a href={api.rawAddress(detail.pair.id, side, one.id)} target="_blank" rel="noreferrer">
                what was read ({one.raw.bytes} bytes, sha256 {one.raw.sha256.slice(0, 12)}…)
              </a>
            )}
          </p>
        </div>
      ))}
      {unreadable.map((one) => (
        <div key={one.id} className="notice">
          <strong>{one.id} could not be read</strong>
          <pre>{JSON.stringify(one.problems, null, 2)}</pre>
        </div>
      ))}
    </section>
  );
}
