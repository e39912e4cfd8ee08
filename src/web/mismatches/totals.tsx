import type { MismatchList } from '../api-client.js';
import { amountText, signedText } from '../money-text.js';

/** Totals of the whole filter, one row a currency; currencies are never added, and a net of zero is no agreement. */
export function TotalsTable({ list }: { readonly list: MismatchList }) {
  if (list.totals === null) return null;
  const { counted, accepted } = list.totals;
  return (
    <table className="totals">
      <caption>Totals of the whole filter, by currency; what is accepted stands apart</caption>
      <thead>
        <tr>
          <th scope="col">Currency</th>
          {['Count', '▲ Over', '▼ Under', 'Gross', 'Net', 'Accepted, not counted'].map((head) => (
            <th key={head} scope="col" className="amount">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {[...new Set([...counted, ...accepted].map((one) => one.currency))].map((currency) => {
          const one = counted.find((each) => each.currency === currency);
          const put = accepted.find((each) => each.currency === currency);
          return (
            <tr key={currency}>
              <th scope="row">{currency ?? 'two currencies'}</th>
              <td className="amount">{one?.count ?? 0}</td>
              <td className="amount over">{one === undefined ? '–' : signedText(one.over, currency)}</td>
              <td className="amount under">{one === undefined ? '–' : signedText(one.under, currency)}</td>
              <td className="amount">{amountText(one?.gross ?? null, currency)}</td>
              <td className="amount">{one === undefined ? '–' : signedText(one.net, currency)}</td>
              <td className="amount muted">
                {put === undefined ? '–' : `${put.count}, gross ${amountText(put.gross, currency)}`}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
