import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { api, type UsageFindingQuery, type UsageOverview } from '../api-client.js';
import { amountText, cycleName, signedText, timeText, words } from '../money-text.js';
import { Empty, Loaded, PageHead, TableBox } from '../parts.js';
import { HourStrip } from './hour-strip.js';

const number = (text: string | null) => amountText(text, null);

/** Did the events arrive, with the right customer, meter and time? Looked at before invoices are compared. */
export function UsagePage() {
  const { cycle = '' } = useParams({ strict: false });
  const query = useQuery({ queryKey: ['usage', cycle], queryFn: () => api.usage(cycle) });
  return (
    <>
      <PageHead title={`Usage of ${cycleName(cycle)}`}>
        Did the events arrive, with the right customer, meter and time?
      </PageHead>
      <Loaded query={query} what="the usage check">
        {(usage) =>
          usage.check === null ? (
            <Empty>
              No usage of this cycle was checked, so nothing is said here about missing, late or duplicated events. Name
              usage.legacy and usage.solvimon in the configuration, and run the cycle.
            </Empty>
          ) : (
            <Checked usage={usage} check={usage.check} cycle={cycle} />
          )
        }
      </Loaded>
    </>
  );
}

function Checked({
  usage,
  check,
  cycle,
}: {
  readonly usage: UsageOverview;
  readonly check: NonNullable<UsageOverview['check']>;
  readonly cycle: string;
}) {
  return (
    <>
      {!check.isComplete && (
        <div className="banner hold" role="status">
          This check is incomplete, so nothing of it counts as right: {check.incompleteBecause.join('; ')}.
        </div>
      )}
      <p>
        {number(usage.customers.agreeing)} of {number(usage.customers.all)} customers agree in every event. Events taken
        in after {timeText(check.closesAt)} are late.
      </p>
      <Meters usage={usage} />
      <HourStrip hours={usage.hours} />
      <Classes usage={usage} cycle={cycle} />
      <Findings cycle={cycle} />
      <Billed usage={usage} />
      <Sides usage={usage} />
    </>
  );
}

function Heads({ names, amounts }: { readonly names: readonly string[]; readonly amounts: number }) {
  return (
    <thead>
      <tr>
        {names.map((name, index) => (
          <th key={name} scope="col" className={index >= names.length - amounts ? 'amount' : undefined}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Meters({ usage }: { readonly usage: UsageOverview }) {
  const names = [
    'Meter',
    'Events in legacy',
    'In Solvimon',
    'Arrived right',
    'Quantity in legacy',
    'In Solvimon, quantity',
    'Findings',
  ];
  return (
    <TableBox label="Events by meter">
      <table>
        <caption>Events and quantities by meter; those of Solvimon are the ones it bills</caption>
        <Heads names={names} amounts={6} />
        <tbody>
          {usage.meters.map((one) => (
            <tr key={one.meter}>
              <th scope="row">{one.meter}</th>
              {[
                one.legacyEvents,
                one.solvimonEvents,
                one.arrivedEvents,
                one.legacyQuantity,
                one.solvimonQuantity,
                one.findings,
              ].map((text, index) => (
                <td key={names[index + 1]} className="amount">
                  {number(text)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Classes({ usage, cycle }: { readonly usage: UsageOverview; readonly cycle: string }) {
  if (usage.classes.length === 0) return <p>Every event stands in both systems as it should.</p>;
  return (
    <TableBox label="Kinds of findings">
      <table>
        <caption>What is not as it should be; choose a kind to see its events</caption>
        <Heads names={['Finding', 'Events', 'Customers']} amounts={2} />
        <tbody>
          {usage.classes.map((one) => (
            <tr key={one.class}>
              <th scope="row">
                <Link to="/cycles/$cycle/usage" params={{ cycle }} search={{ class: one.class }}>
                  {words(one.class)}
                </Link>
              </th>
              <td className="amount">{number(one.events)}</td>
              <td className="amount">{number(one.customers)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Findings({ cycle }: { readonly cycle: string }) {
  const search: UsageFindingQuery = useSearch({ strict: false });
  const navigate = useNavigate();
  const query = useQuery({
    queryKey: ['usage-findings', cycle, search],
    queryFn: () => api.usageFindings(cycle, search),
    enabled: search.class !== undefined,
  });
  if (search.class === undefined) return null;
  return (
    <Loaded query={query} what="the events">
      {({ rows, after }) => (
        <>
          <TableBox label={`Events: ${words(search.class ?? '')}`}>
            <table>
              <caption>Events: {words(search.class ?? '')}</caption>
              <Heads names={['Customer', 'Meter', 'Day', 'Event', 'Why', 'Legacy', 'Solvimon', 'Effect']} amounts={3} />
              <tbody>
                {rows.map((row) => (
                  <tr key={row.no}>
                    <th scope="row">{row.customer}</th>
                    <td>{row.meter}</td>
                    <td>{row.day ?? '–'}</td>
                    <td>{row.reference ?? '–'}</td>
                    <td>{row.reason ?? ''}</td>
                    <td className="amount">{number(row.legacyQuantity)}</td>
                    <td className="amount">{number(row.solvimonQuantity)}</td>
                    <td className="amount">{signedText(row.effect, null)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableBox>
          <p>
            <a href={api.usageExportAddress(cycle, search.class)}>All of them as CSV</a>{' '}
            {after !== null && (
              <button
                type="button"
                onClick={() =>
                  void navigate({
                    to: '/cycles/$cycle/usage',
                    params: { cycle },
                    search: { ...search, after: String(after) },
                  })
                }
              >
                The next {rows.length}
              </button>
            )}
          </p>
        </>
      )}
    </Loaded>
  );
}

const states = {
  agrees: 'as its events say',
  differs: 'another quantity than its events',
  no_line: 'events, and no line',
  no_usage: 'a line, and no events',
} as const;

function Billed({ usage }: { readonly usage: UsageOverview }) {
  if (usage.billed.length === 0) return null;
  return (
    <TableBox label="Quantities of invoices">
      <table>
        <caption>
          What invoices bill, beside the events of their own system: a difference here is one of calculation
        </caption>
        <Heads names={['Side', 'The invoice has', 'Charges']} amounts={1} />
        <tbody>
          {usage.billed.map((one) => (
            <tr key={`${one.side}${one.state}`}>
              <th scope="row">{one.side}</th>
              <td>{states[one.state]}</td>
              <td className="amount">{number(one.charges)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Sides({ usage }: { readonly usage: UsageOverview }) {
  return (
    <TableBox label="What was read">
      <table>
        <caption>What was read; records of neighbouring cycles are left out</caption>
        <Heads names={['Side', 'Source', 'Read', 'Events', 'Counts', 'Unreadable', 'Left out']} amounts={5} />
        <tbody>
          {usage.sides.map((one) => (
            <tr key={one.side}>
              <th scope="row">{one.side}</th>
              <td>{one.system}</td>
              <td className="amount">{number(one.read)}</td>
              <td className="amount">{number(one.events)}</td>
              <td className="amount">{number(one.aggregates)}</td>
              <td className="amount">{number(one.rejected)}</td>
              <td className="amount">{number(String(one.leftOut.reduce((sum, { records }) => sum + records, 0)))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
