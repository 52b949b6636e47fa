import type { ComponentChildren } from "preact";
import { useEffect, useErrorBoundary } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";

interface Props {
  children: ComponentChildren;
  /** another value shows the children once more */
  of?: unknown;
  /** the classes of the row that stands for them, and the message that the row is of, if any */
  row: string;
  seq?: number | undefined;
}

/** Keeps an error in drawing a row of a list from taking away what stands around it. */
export function RowBoundary({ children, of, row, seq }: Props) {
  const [error, reset] = useBoundary(of);
  if (!error) return <>{children}</>;
  return (
    <li class={row} data-seq={seq}>
      <p>
        {t("problem.notShown")}{" "}
        <button class="link" type="button" onClick={reset}>
          {t("action.retry")}
        </button>
      </p>
    </li>
  );
}

/** What was thrown in drawing the children, and what draws them anew, as another value of `of` does. */
export function useBoundary(of: unknown): [error: unknown, reset: () => void] {
  // The page of a developer hears of it as of any other error.
  const [error, reset] = useErrorBoundary((thrown) => reportError(thrown));
  useEffect(() => {
    if (error) reset();
  }, [of]);
  return [error, reset];
}
