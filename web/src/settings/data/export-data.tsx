import { t } from "../../i18n/i18n.ts";
import { fileSize } from "../../i18n/units.ts";
import { useAccount } from "../../state/context.ts";
import { ProblemText } from "../../ui/problem-text.tsx";
import { cancelExport, exportData, exporting } from "./export.ts";

/** A button that exports what the server has of the user, and the state of the export. */
export function ExportData() {
  const { chat } = useAccount();
  const now = exporting.value;
  const isRunning = now.phase === "running";
  const label = isRunning ? "data.cancel" : now.phase === "failed" ? "action.retry" : "data.export";
  return (
    <div class="export" data-phase={now.phase}>
      {/* One button, which keeps the focus. */}
      <button
        class="secondary"
        type="button"
        onClick={() => (isRunning ? cancelExport() : void exportData(chat))}
      >
        {t(label)}
      </button>
      <p class="status" role="status">
        {isRunning && t("data.exporting")}
        {now.phase === "saved" && t("data.saved", { name: now.name, size: fileSize(now.bytes) })}
      </p>
      {isRunning && (
        <div class="export-progress">
          <progress aria-label={t("data.exporting")} />
          <small>{t("data.received", { size: fileSize(now.bytes) })}</small>
        </div>
      )}
      <ProblemText text={now.phase === "failed" ? now.problem : undefined} />
    </div>
  );
}
