import { localeTag } from "../../i18n/i18n.ts";
import { st } from "../../i18n/staff.ts";
import type { Metrics } from "./metrics.ts";
import { LabelName } from "./names.tsx";

/** How long sends and deliveries take. */
export function Durations({ metrics: { events } }: { metrics: Metrics }) {
  if (events.durations.length === 0) return null;
  const durations = events.durations
    .map((one) => ({ ...one, key: `${one.name} ${Object.values(one.labels)}` }))
    .sort((one, other) => (one.key < other.key ? 1 : -1));
  return (
    <section class="card">
      <h3>{st("numbers.durations")}</h3>
      <table class="numbers-table">
        <thead>
          <tr>
            <th scope="col">{st("numbers.what")}</th>
            {["50 %", "95 %", "99 %"].map((share) => (
              <th key={share} scope="col" class="numbers-value">
                {share}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {durations.map(({ key, name, labels, ...shares }) => (
            <tr key={key}>
              <th scope="row">
                {st(`numbers.of.${name}`)} ·{" "}
                {labels.surface ? (
                  <LabelName label="surface" value={labels.surface} />
                ) : (
                  <code>{Object.values(labels)}</code>
                )}
              </th>
              {[shares.p50_ms, shares.p95_ms, shares.p99_ms].map((ms, i) => (
                <td key={i} class="numbers-value">
                  {ms === null ? "–" : milliseconds(ms)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A duration, as 12 ms. It is known to within a factor of two, so it has no fraction. */
function milliseconds(ms: number): string {
  return new Intl.NumberFormat(localeTag(), {
    ...{ style: "unit", unit: "millisecond", unitDisplay: "short" },
    maximumFractionDigits: 0,
  }).format(Math.ceil(ms));
}
