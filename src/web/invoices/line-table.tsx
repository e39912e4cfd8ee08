import { useState } from 'react';
import type { Invoice, PairDetail } from '../api-client.js';
import { amountText } from '../money-text.js';
import { Delta, Empty, TableBox } from '../parts.js';
import { relations } from './relation.js';

type Line = Invoice['lines'][number];
type Link = PairDetail['links'][number];

/** Lines of both papers with what joins them; equal ones recede, nothing that has no partner is hidden. */
export function LineTable({ detail }: { readonly detail: PairDetail }) {
  const { links, pair } = detail;
  const [onlyChanged, setOnlyChanged] = useState(links.length > 50);
  const lines = {
    legacy: new Map(detail.legacy.flatMap((one) => one.lines.map((line) => [line.id, line] as const))),
    solvimon: new Map(detail.solvimon.flatMap((one) => one.lines.map((line) => [line.id, line] as const))),
  };
  const shown = onlyChanged ? links.filter((link) => link.relation !== 'equal') : links;
  if (links.length === 0)
    return (
      <Empty>
        {pair.state === 'matched'
          ? 'Every line agrees: the two forms are the same, so no line had to be compared.'
          : 'No lines were related: one side has nothing to compare with.'}
      </Empty>
    );
  return (
    <>
      <label>
        <input type="checkbox" checked={onlyChanged} onChange={(event) => setOnlyChanged(event.target.checked)} /> Only
        what differs
        {onlyChanged ? ` (${links.length - shown.length} equal hidden)` : ''}
      </label>
      <TableBox label="Lines of both invoices">
        <table>
          <caption>Lines, legacy left and Solvimon right, with tax; {pair.currency}</caption>
          <thead>
            <tr>
              <th scope="col">Legacy</th>
              <th scope="col" className="amount">
                Quantity × price
              </th>
              <th scope="col" className="amount">
                Legacy amount
              </th>
              <th scope="col" className="relation">
                Relation
              </th>
              <th scope="col">Solvimon</th>
              <th scope="col" className="amount">
                Quantity × price
              </th>
              <th scope="col" className="amount">
                Solvimon amount
              </th>
              <th scope="col" className="amount">
                Delta
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((link) => (
              <LinkRow
                key={`${link.legacyLines.join()}|${link.solvimonLines.join()}`}
                link={link}
                lines={lines}
                currency={pair.currency}
              />
            ))}
          </tbody>
          {detail.footing !== null && (
            <tfoot>
              <tr className="total">
                <th scope="row" colSpan={2}>
                  Invoice
                </th>
                <td className="amount">{amountText(pair.legacyGross, pair.currency)}</td>
                <td className="relation">{detail.footing.foots ? '✓ foots' : '✗'}</td>
                <td colSpan={2}>
                  differences of the lines {amountText(detail.footing.differences, pair.currency)} = difference of the
                  invoices
                </td>
                <td className="amount">{amountText(pair.solvimonGross, pair.currency)}</td>
                <td className="amount">
                  <Delta text={detail.footing.delta} currency={pair.currency} />
                </td>
              </tr>
            </tfoot>
          )}
        </table>
      </TableBox>
    </>
  );
}

type Lines = { readonly legacy: ReadonlyMap<string, Line>; readonly solvimon: ReadonlyMap<string, Line> };

function LinkRow({
  link,
  lines,
  currency,
}: {
  readonly link: Link;
  readonly lines: Lines;
  readonly currency: string | null;
}) {
  const [sign, word] = relations[link.relation] ?? ['?', link.relation];
  const legacy = link.legacyLines.flatMap((id) => lines.legacy.get(id) ?? []);
  const solvimon = link.solvimonLines.flatMap((id) => lines.solvimon.get(id) ?? []);
  return (
    <tr className={link.relation === 'equal' ? 'equal' : undefined}>
      <Texts lines={legacy} />
      <Measures lines={legacy} />
      <td className="amount">{amountText(link.legacy, currency)}</td>
      <td className="relation">
        {sign}
        <span className="sub">{word}</span>
      </td>
      <Texts lines={solvimon} />
      <Measures lines={solvimon} />
      <td className="amount">{amountText(link.solvimon, currency)}</td>
      <td className="amount">
        <Delta text={link.delta} currency={currency} />
      </td>
    </tr>
  );
}

function Texts({ lines }: { readonly lines: readonly Line[] }) {
  if (lines.length === 0) return <td className="muted">nothing here</td>;
  return (
    <td>
      {lines.map((line) => (
        <div key={line.id}>
          {line.description ?? line.chargeKey}
          <span className="sub">
            {line.isMapped ? line.chargeKey : `${line.chargeKey} (not mapped)`}
            {line.periodStart === null
              ? ''
              : `, ${line.periodStart.slice(0, 10)} to ${line.periodEnd?.slice(0, 10) ?? 'open'} UTC`}
          </span>
        </div>
      ))}
    </td>
  );
}

function Measures({ lines }: { readonly lines: readonly Line[] }) {
  return (
    <td className="amount">
      {lines.map((line) => (
        <div key={line.id}>
          {line.quantity === null && line.unitPrice === null
            ? '–'
            : `${amountText(line.quantity, null)} × ${amountText(line.unitPrice, null)}`}
        </div>
      ))}
    </td>
  );
}
