import type { ComponentChildren } from "preact";

/** A bar: what it stands for, how long it is, and that in words. */
interface Bar {
  key: string;
  name: ComponentChildren;
  value: number;
  text: string;
}

interface Props {
  title: string;
  /** the heading of the names, and that of the values */
  columns: readonly [name: string, value: string];
  bars: readonly Bar[];
  /** what is said instead of no bars */
  none: string;
}

/** A chart of horizontal bars, as a table: its text has the same numbers. */
export function Bars({ title, columns: [name, value], bars, none }: Props) {
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  return (
    <section class="card">
      <h3>{title}</h3>
      {bars.length === 0 ? (
        <p class="status">{none}</p>
      ) : (
        <table class="numbers-table">
          <thead>
            <tr>
              <th scope="col">{name}</th>
              <th scope="col" class="numbers-value">
                {value}
              </th>
              <td />
            </tr>
          </thead>
          <tbody>
            {bars.map((bar) => (
              <tr key={bar.key}>
                <th scope="row">{bar.name}</th>
                <td class="numbers-value">{bar.text}</td>
                <td class="numbers-bar">
                  <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                    <rect width={((100 * bar.value) / most).toFixed(1)} height="8" />
                  </svg>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
