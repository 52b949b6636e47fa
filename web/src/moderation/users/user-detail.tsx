import { date, when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { st } from "../../i18n/staff.ts";
import { deviceName } from "../../lib/device.ts";
import { nameOf } from "../../lib/names.ts";
import { useAccount } from "../../state/context.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Placeholder } from "../../ui/missing/placeholder.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { StaffActions } from "../actions.tsx";
import type { ModeratedUser, Report } from "../calls.ts";
import { Facts } from "../facts.tsx";
import { staffHref } from "../links.tsx";
import { ReportRow } from "../reports/report-row.tsx";
import { userActions } from "./user-actions.tsx";

interface Props {
  id: number;
  mayAct: boolean;
}

/** A user as staff is shown them. */
export function UserDetail({ id, mayAct }: Props) {
  const { chat } = useAccount();
  const { value, problem, reload } = useLoaded(`${id}`, () =>
    chat.api.call("get", "/v1/moderation/users/{ref}", { path: { ref: `${id}` } }),
  );
  return (
    <>
      <a class="admin-back" href={staffHref({ tab: "users", id: 0 })}>
        <Icon name="back" />
        {st("user.back")}
      </a>
      <ProblemText text={problem} />
      {!value && !problem && <Placeholder />}
      {value && <User {...value} mayAct={mayAct} onChange={reload} />}
    </>
  );
}

function User({
  user,
  sessions,
  groups,
  reports,
  mayAct,
  onChange,
}: ModeratedUser & { mayAct: boolean; onChange: () => void }) {
  const { chat } = useAccount();
  const { id, state } = user;
  const name = nameOf(user);
  const subject = { id, name, isSuspended: user.suspension !== null };
  return (
    <article class="admin-report" aria-label={name}>
      <header class="admin-person">
        <Avatar id={id} name={name} picture={user.avatar} />
        <h3>
          <bdi data-bot={user.bot || undefined}>{name}</bdi> <small>@{user.username}</small>
        </h3>
      </header>
      {mayAct && state !== "deactivated" && (
        <StaffActions actions={userActions(chat.api, subject, onChange)} />
      )}
      <Facts
        facts={[
          [st("user.state"), stateText(user)],
          [st("user.why"), user.suspension?.reason ?? null],
          [st("user.role"), st(`role.${user.role}`)],
          [st("user.id"), `${id}`],
          [st("user.externalId"), user.external_id],
          [st("user.email"), user.email],
          [st("user.created"), date(user.created_at)],
          [st("user.lastSeen"), user.last_seen_on && date(Date.parse(user.last_seen_on))],
        ]}
      />
      <section class="card">
        <h4>{st("user.sessions")}</h4>
        {sessions.length === 0 && <p class="status">{st("user.noSessions")}</p>}
        <ul>
          {sessions.map(({ created_at: begun, last_seen_at: at, user_agent: agent }) => (
            <li key={`${begun} ${agent}`} class="session" title={agent}>
              {deviceName(agent)}
              <small>{t("security.lastSeen", { at: when(at) })}</small>
            </li>
          ))}
        </ul>
      </section>
      <section class="card">
        <h4>{st("user.groups")}</h4>
        {groups.length === 0 && <p class="status">{st("user.noGroups")}</p>}
        <ul>
          {groups.map(({ id: group, name: called }) => (
            <li key={group}>{st("user.group", { name: called, n: `${group}` })}</li>
          ))}
        </ul>
      </section>
      <Reports title={st("user.about")} reports={reports.filter(({ about }) => about.user_id === id)} />
      <Reports title={st("user.by")} reports={reports.filter(({ reporter_id: by }) => by === id)} />
    </article>
  );
}

function stateText({ state, suspension }: ModeratedUser["user"]): string {
  if (state === "deactivated") return st("user.deactivated");
  if (!suspension) return st(state === "suspended" ? "user.suspended" : "user.active");
  const { until, shadow } = suspension;
  if (shadow)
    return until === null ? st("user.shadowedForGood") : st("user.shadowedUntil", { time: when(until) });
  return until === null ? st("user.suspendedForGood") : st("user.suspendedUntil", { time: when(until) });
}

function Reports({ title, reports }: { title: string; reports: readonly Report[] }) {
  return (
    <section class="card">
      <h4>{title}</h4>
      {reports.length === 0 && <p class="status">{st("user.noReports")}</p>}
      <ul>
        {reports.map((report) => (
          <ReportRow key={report.id} report={report} hasState />
        ))}
      </ul>
    </section>
  );
}
