/** Counts of a few causes over cycles: one line a cause, its name at its end, the table below it says the same. */
export type Series = { readonly name: string; readonly points: readonly number[] };

const [width, height, left, right, top, bottom] = [900, 200, 40, 220, 12, 24];

export function Trend({ cycles, series }: { readonly cycles: readonly string[]; readonly series: readonly Series[] }) {
  const most = Math.max(1, ...series.flatMap((one) => one.points));
  const x = (index: number) => left + (cycles.length < 2 ? 0 : (index * (width - left - right)) / (cycles.length - 1));
  const y = (count: number) => top + (1 - count / most) * (height - top - bottom);
  return (
    <svg
      className="trend"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label="Mismatches by cause and cycle; the table below holds the numbers"
    >
      <line className="axis" x1={left} x2={width - right} y1={y(0)} y2={y(0)} />
      <text x={left - 8} y={y(most) + 4} textAnchor="end">
        {most}
      </text>
      <text x={left - 8} y={y(0) + 4} textAnchor="end">
        0
      </text>
      {cycles.map((cycle, index) => (
        <text key={cycle} x={x(index)} y={height - 6} textAnchor="middle">
          {cycle}
        </text>
      ))}
      {labelled(series, y).map(({ name, points, at }) => (
        <g key={name}>
          <polyline className="series" points={points.map((count, index) => `${x(index)},${y(count)}`).join(' ')} />
          {points.map((count, index) => (
            <circle key={cycles[index]} cx={x(index)} cy={y(count)} r={2.5} />
          ))}
          <text x={x(cycles.length - 1) + 10} y={at + 4}>
            {name} {points.at(-1)}
          </text>
        </g>
      ))}
    </svg>
  );
}

/** Names at the ends of their lines, pushed apart so that none covers another. */
function labelled(
  series: readonly Series[],
  y: (count: number) => number,
): readonly (Series & { readonly at: number })[] {
  let lowest = Number.POSITIVE_INFINITY;
  return series
    .toSorted((a, b) => (a.points.at(-1) ?? 0) - (b.points.at(-1) ?? 0))
    .map((one) => {
      lowest = Math.min(y(one.points.at(-1) ?? 0), lowest - 15);
      return { ...one, at: lowest };
    });
}
