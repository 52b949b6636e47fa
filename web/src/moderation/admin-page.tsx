import { Problem } from "parley-client";
import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { st } from "../i18n/staff.ts";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { Icon } from "../ui/icon.tsx";
import { LATER } from "../ui/later/icons.ts";
import { Page } from "../ui/page.tsx";
import { AuditTab } from "./audit-tab.tsx";
import { HeldTab } from "./held/held-tab.tsx";
import { staffHref } from "./links.tsx";
import { useNews } from "./live.ts";
import { NumbersTab } from "./numbers/numbers-tab.tsx";
import { parsePlace, TABS, type Tab } from "./place.ts";
import { ReportsTab } from "./reports/reports-tab.tsx";
import type { RulesDraft } from "./rules/draft.ts";
import { RulesTab } from "./rules/rules-tab.tsx";
import { UsersTab } from "./users/users-tab.tsx";

/** The page for staff of the deployment. @param place the part of its address behind `#/admin/` */
export function AdminPage({ place }: { place: string }) {
  const { chat } = useAccount();
  const { tab, id } = parsePlace(place);
  const { value, problem, reload } = useLoaded("role", async () => {
    try {
      return await chat.api.call("get", "/v1/moderation/me");
    } catch (error) {
      if (error instanceof Problem && error.code === "forbidden") return { role: null } as const;
      throw error;
    }
  });
  useNews(reload);
  const waiting: Partial<Record<Tab, number>> = value?.role
    ? { reports: value.open_reports, held: value.held_messages }
    : {};
  const [rules, setRules] = useState<RulesDraft>();
  const role = value?.role;
  const mayAct = role === "moderator" || role === "admin";
  return (
    <div class="admin">
      <Page
        title={st("title")}
        back={href({ view: "home" })}
        actions={role && <small class="admin-role">{st(`role.${role}`)}</small>}
      >
        {problem && <p class="problem">{problem}</p>}
        {role === null && (
          <div class="blank" role="alert">
            <Icon name={LATER.user} />
            <p>
              {st("refused")}
              <br />
              {st("refusedHint")}
            </p>
            <a class="primary" href={href({ view: "home" })}>
              {t("app.toList")}
            </a>
          </div>
        )}
        {role && (
          <>
            <nav class="admin-tabs" aria-label={st("tabs")}>
              {TABS.map((one) => (
                <a
                  key={one}
                  href={staffHref({ tab: one, id: 0 })}
                  aria-current={one === tab ? "page" : undefined}
                >
                  {st(`tab.${one}`)}
                  <Count n={waiting[one] ?? 0} />
                </a>
              ))}
            </nav>
            {!mayAct && <p class="status admin-hint">{st("readsOnly")}</p>}
            {tab === "reports" && <ReportsTab id={id} mayAct={mayAct} />}
            {tab === "held" && <HeldTab id={id} mayAct={mayAct} />}
            {tab === "rules" && <RulesTab id={id} mayAct={mayAct} draft={rules} onDraft={setRules} />}
            {tab === "users" && <UsersTab id={id} mayAct={mayAct} />}
            {tab === "audit" && <AuditTab />}
            {tab === "numbers" && <NumbersTab />}
          </>
        )}
      </Page>
    </div>
  );
}

/** As many items as the server counts, and more are. */
const MANY = 100;

/** How much waits in a tab, beside its name; nothing if nothing does. */
function Count({ n }: { n: number }) {
  if (n === 0) return null;
  const text = n < MANY ? `${n}` : `${MANY - 1}+`;
  return (
    <>
      <span class="badge" aria-hidden="true">
        {text}
      </span>
      <span class="visually-hidden">{st("tab.waiting", { n: text })}</span>
    </>
  );
}
