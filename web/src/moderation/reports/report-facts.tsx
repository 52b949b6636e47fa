import { when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { st } from "../../i18n/staff.ts";
import type { Report } from "../calls.ts";
import { Facts } from "../facts.tsx";
import { UserLink } from "../links.tsx";

/** Who has reported what, why, and what has become of it. */
export function ReportFacts({ report }: { report: Report }) {
  const { about, state, taken_by: by, resolution } = report;
  const { user_id: user, conversation_id: conversation, seq } = about;
  return (
    <Facts
      facts={[
        [st("report.reason"), t(`report.reason.${report.reason}`)],
        [st("report.note"), report.note],
        [st("report.reporter"), <UserLink key="reporter" id={report.reporter_id} />],
        [st("report.at"), when(report.created_at)],
        [st(seq === null ? "report.person" : "report.author"), user && <UserLink id={user} />],
        [st("report.conversation"), conversation && `${conversation}`],
        [
          st(state === "resolved" ? "report.resolvedBy" : "report.takenBy"),
          state === "open" ? null : by ? <UserLink id={by} /> : st("report.byKey"),
        ],
        [st("report.resolution"), resolution && st(`resolution.${resolution}`)],
        [st("report.staffNote"), report.staff_note],
      ]}
    />
  );
}
