import type { ComponentChildren } from "preact";
import { t } from "../../i18n/i18n.ts";
import { NotShown } from "./not-shown.tsx";
import { RowBoundary, useBoundary } from "./row-boundary.tsx";

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
export function Boundary({ row, ...props }: Props) {
  return row === undefined ? <ViewBoundary {...props} /> : <RowBoundary {...props} row={row} />;
}

function ViewBoundary({ children, of, fallback }: Omit<Props, "row">) {
  const [error, reset] = useBoundary(of);
  if (!error) return <>{children}</>;
  if (fallback) return <>{fallback(reset)}</>;
  return <NotShown text={t("problem.notShown")} onRetry={reset} />;
}
