import { showDialog } from "../ui/dialogs.tsx";
import { lazy } from "../ui/lazy.tsx";
import type { Reportable } from "./report-dialog.tsx";

const ReportDialog = lazy(async () => (await import("./report-dialog.tsx")).ReportDialog);

/** Lets the user report something to the moderators. @param title names it */
export function showReport(about: Reportable, title: string): void {
  showDialog((close) => <ReportDialog about={about} title={title} onClose={close} />);
}
