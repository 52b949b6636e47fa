import type { ComponentChildren } from "preact";
import { useEffect, useErrorBoundary } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { NotShown } from "./not-shown.tsx";

interface Props {
  children: ComponentChildren;
  /** another value shows the children once more */
  of?: unknown;
  /** the classes of the row that stands for them in a list, and the message that the row is of, if any */
  row?: string;
  seq?: number;
  /** draws what stands for them otherwise; absent: a view says what is missing */
  fallback?: (retry: () => void) => ComponentChildren;
}

/** Keeps an error in drawing its children from taking away what stands around them. */
export function Boundary({ children, of, row, seq, fallback }: Props) {
  // The page of a developer hears of it as of any other error.
  const [error, reset] = useErrorBoundary((thrown) => reportError(thrown));
  useEffect(() => {
    if (error) reset();
  }, [of]);
  if (!error) return <>{children}</>;
  if (fallback) return <>{fallback(reset)}</>;
  const text = t("problem.notShown");
  if (row === undefined) return <NotShown text={text} onRetry={reset} />;
  return (
    <li class={row} data-seq={seq}>
      <p>
        {text}{" "}
        <button class="link" type="button" onClick={reset}>
          {t("action.retry")}
        </button>
      </p>
    </li>
  );
}
