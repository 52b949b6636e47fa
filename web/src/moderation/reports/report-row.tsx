import { short } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { st } from "../../i18n/staff.ts";
import { Time } from "../../i18n/time.tsx";
import type { Report } from "../calls.ts";
import { Face } from "../face.tsx";
import { staffHref, useName } from "../links.tsx";

interface Props {
  report: Report;
  isCurrent?: boolean;
  /** whether it says in which state the report is */
  hasState?: boolean;
}

/** A report in a list, which leads to it. */
export function ReportRow({ report, isCurrent, hasState }: Props) {
  const { id, created_at: at, reason, note, state } = report;
  const about = useAbout(report);
  return (
    <li>
      <a
        class="admin-row"
        href={staffHref({ tab: "reports", id })}
        aria-current={isCurrent ? "true" : undefined}
      >
        <Face id={report.about.user_id} name={about} />
        <strong>
          <bdi>{about}</bdi>
        </strong>
        <Time at={at} as={short} />
        <span class="admin-row-text">
          <span class="admin-label">{t(`report.reason.${reason}`)}</span>
          {hasState && <span class="admin-label">{st(`state.${state}`)}</span>}
          {note && <span dir="auto">{note}</span>}
        </span>
      </a>
    </li>
  );
}

/** What a report is about, in words. */
export function useAbout({ about: { user_id: user, conversation_id: n, seq } }: Report): string {
  const name = useName(user);
  if (seq !== null) return st("report.about.message", { name });
  return user === null ? st("report.about.conversation", { n: `${n}` }) : st("report.about.user", { name });
}
