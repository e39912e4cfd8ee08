import { Link } from '@tanstack/react-router';
import type { PairDetail } from '../api-client.js';
import { amountText, words } from '../money-text.js';
import { Delta } from '../parts.js';

type Finding = PairDetail['mismatches'][number];

/** The proof of a cause, one step a line, as on the back of an envelope. */
export function Proof({ finding, isMeant }: { readonly finding: Finding; readonly isMeant: boolean }) {
  const { currency } = finding;
  return (
    <article aria-current={isMeant ? 'true' : undefined}>
      <h3>
        {words(finding.cause)} <span className="muted">{finding.confidence}</span>
      </h3>
      <p>
        <Delta text={finding.delta} currency={currency} /> {currency}{' '}
        <span className="muted">on {finding.chargeKey ?? finding.level}</span>
      </p>
      <ol className="working">
        {finding.working.map((step) => (
          <li key={`${step.label}${step.text}`}>
            <span className="label">{step.label}</span>
            {step.text}
          </li>
        ))}
        {Object.keys(finding.components).length > 0 && (
          <li>
            <span className="label">made of</span>
            {Object.entries(finding.components)
              .map(([name, part]) => `${words(name)} ${amountText(part, currency)}`)
              .join(' + ')}
          </li>
        )}
      </ol>
      {finding.rivals.length > 0 && <p className="hold">Would fit as well: {finding.rivals.map(words).join(', ')}.</p>}
      <p className="muted">
        <span className="id">{finding.id}</span>, {words(finding.status)}, seen in {finding.seen} cycle
        {finding.seen === 1 ? '' : 's'}
        {finding.acceptance !== null &&
          `, accepted by ${finding.acceptance.by} until ${finding.acceptance.expiresOn}: ${finding.acceptance.reason}`}
        .{' '}
        <Link
          to="/cycles/$cycle/mismatches"
          params={{ cycle: finding.cycle }}
          search={{ fingerprint: finding.fingerprint, status: 'any' }}
        >
          All with this shape
        </Link>
      </p>
    </article>
  );
}
