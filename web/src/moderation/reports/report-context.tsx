import { contentOf } from "parley-react/message";
import { when } from "../../i18n/format.ts";
import { st } from "../../i18n/staff.ts";
import { Time } from "../../i18n/time.tsx";
import { ContentView } from "../../message/body/content-view.tsx";
import type { KeptReport } from "../calls.ts";
import { UserLink } from "../links.tsx";

/** The reported message and those before it, as the reporter saw them. */
export function ReportContext({ report: { kept, about } }: { report: KeptReport }) {
  if (kept.length === 0) return <p class="status">{st("report.contextGone")}</p>;
  return (
    <section class="card" aria-label={st("report.context")}>
      <h4>{st("report.context")}</h4>
      <p class="status">{st("report.contextHint")}</p>
      <ol class="admin-kept">
        {kept.map(({ seq, sender_id: sender, kind, body, created_at: at }) => (
          <li key={seq} data-reported={seq === about.seq}>
            <p class="admin-kept-head">
              {sender > 0 && <UserLink id={sender} />}
              <Time at={at} as={when} />
              {seq === about.seq && <strong>{st("report.reported")}</strong>}
            </p>
            <ContentView content={contentOf(kind, body)} />
          </li>
        ))}
      </ol>
    </section>
  );
}
