import type { UsageOverview } from '../api-client.js';
import { amountText, timeText } from '../money-text.js';

type Hour = UsageOverview['hours'][number];

const [left, right, rowHeight, gap, width] = [110, 8, 18, 6, 900];
const hourMs = 3_600_000;
/** How many hours are named in words below the picture. */
const mostNamed = 5;

/** One strip a meter, one mark an hour: an hour in which the sides differ stands out, and is named in words. */
export function HourStrip({ hours }: { readonly hours: readonly Hour[] }) {
  const meters = [...new Set(hours.map((one) => one.meter))];
  const times = hours.map((one) => Date.parse(one.hour));
  if (meters.length === 0) return null;
  const [start, end] = [Math.min(...times), Math.max(...times) + hourMs];
  const perHour = (width - left - right) / Math.max(1, (end - start) / hourMs);
  const differing = hours.filter((one) => one.legacy !== one.solvimon);
  return (
    <figure>
      <svg
        className="hours"
        viewBox={`0 0 ${width} ${meters.length * (rowHeight + gap)}`}
        role="img"
        aria-label={`Events by hour: ${differing.length} of ${hours.length} hours differ between the sides`}
      >
        {meters.map((meter, row) => (
          <g key={meter} transform={`translate(0 ${row * (rowHeight + gap)})`}>
            <text x={left - 8} y={rowHeight - 5} textAnchor="end">
              {meter}
            </text>
            <rect className="track" x={left} y={0} width={width - left - right} height={rowHeight} />
            {hours
              .filter((one) => one.meter === meter)
              .map((one) => (
                <rect
                  key={one.hour}
                  className={one.legacy === one.solvimon ? 'same' : 'differs'}
                  x={left + ((Date.parse(one.hour) - start) / hourMs) * perHour}
                  y={0}
                  width={Math.max(perHour, one.legacy === one.solvimon ? 0.8 : 2)}
                  height={rowHeight}
                />
              ))}
          </g>
        ))}
      </svg>
      <figcaption>
        {differing.length === 0
          ? 'Every hour has the same number of events on both sides.'
          : `${amountText(String(differing.length), null)} hours differ, among them ${differing
              .slice(0, mostNamed)
              .map((one) => `${one.meter} ${timeText(one.hour)}: ${one.legacy} in legacy, ${one.solvimon} in Solvimon`)
              .join('; ')}.`}
      </figcaption>
    </figure>
  );
}
