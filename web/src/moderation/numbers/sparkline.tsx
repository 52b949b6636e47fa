const WIDTH = 120;
const HEIGHT = 28;
/** The line is drawn within the box. */
const MARGIN = 2;

/** A small chart of a series, which begins at zero. @param label says in words what it shows */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const most = Math.max(1, ...values);
  const x = (at: number) => (values.length < 2 ? WIDTH : (at * WIDTH) / (values.length - 1));
  const y = (value: number) => HEIGHT - MARGIN - (value * (HEIGHT - 2 * MARGIN)) / most;
  const points = values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  return (
    <svg
      class="numbers-spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <line x1="0" x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} />
      {values.length > 1 && <polyline points={points} />}
    </svg>
  );
}
