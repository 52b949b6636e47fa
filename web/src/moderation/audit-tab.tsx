import type { components } from "parley-client";
import { when } from "../i18n/format.ts";
import { st } from "../i18n/staff.ts";
import { Time } from "../i18n/time.tsx";
import { useAccount } from "../state/context.ts";
import { usePages } from "../state/use-pages.ts";
import { More } from "../ui/more.tsx";
import { staffHref, UserLink } from "./links.tsx";

type AuditEntry = components["schemas"]["AuditEntry"];

const PAGE = 50;
const ROLES = ["user", "moderator", "admin", "auditor"] as const;

/** What staff has done and looked at, the newest first. */
export function AuditTab() {
  const { chat } = useAccount();
  const pages = usePages((query) =>
    chat.api.call("get", "/v1/moderation/audit", { query: { ...query, limit: PAGE } }),
  );
  return (
    <div class="admin-audit">
      <ol class="card" aria-label={st("tab.audit")}>
        {pages.items?.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
      <More pages={pages} icon="clock" empty={st("audit.none")} />
    </div>
  );
}

function Entry({ entry: { at, by, from, action, of, reason } }: { entry: AuditEntry }) {
  const { user_id: user, conversation_id: conversation, seq, report_id: report } = of;
  // The log has the new role as the reason of the change.
  const role = action === "role_changed" && ROLES.find((one) => one === reason);
  return (
    <li>
      <p>
        {by.user_id ? <UserLink id={by.user_id} /> : st("audit.key", { key: by.key_id ?? "" })}{" "}
        {st(`audit.${action}`)}
        {(user || report || conversation) && ": "}
        {user && <UserLink id={user} />}
        {report && (
          <a href={staffHref({ tab: "reports", id: report })}>{st("audit.report", { n: `${report}` })}</a>
        )}
        {user && conversation && ", "}
        {conversation &&
          (seq
            ? st("audit.message", { n: `${conversation}`, seq: `${seq}` })
            : st("audit.conversation", { n: `${conversation}` }))}
      </p>
      {role ? (
        <p>{st("audit.newRole", { role: st(`role.${role}`) })}</p>
      ) : (
        reason && <q dir="auto">{reason}</q>
      )}
      <small>
        <Time at={at} as={when} />
        {from && ` · ${st("audit.from", { block: from })}`}
      </small>
    </li>
  );
}
