import type { FoundUser } from "parley-client/people";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { showReport } from "../moderation/show-report.tsx";
import type { Account } from "../state/account.ts";
import { reason } from "../state/problem.ts";
import { confirmed } from "../ui/confirm.tsx";
import { LATER } from "../ui/later/icons.ts";
import type { MenuItem } from "../ui/overlay/menu.tsx";
import { toast } from "../ui/toasts.tsx";

/** What a user is to another one, in words; empty: nothing. */
export function relationText(relation: FoundUser["relation"]): string {
  switch (relation) {
    case "friends":
      return t("people.friend");
    case "requested":
      return t("people.requested");
    case "requested_by":
      return t("people.requestedBy");
    case "blocked":
      return t("people.isBlocked");
    case "none":
      return "";
  }
}

/** What the user can do about another one. @param done what to do when it has worked */
export function relationActions(
  { chat: { api } }: Account,
  { id, relation, ...name }: Pick<FoundUser, "id" | "relation" | "username" | "nickname">,
  done: () => void,
): MenuItem[] {
  const path = { user_id: id };
  const attempt = (call: () => Promise<unknown>) => () => {
    call()
      .then(done)
      .catch((error) => toast(reason(error)));
  };
  const befriend = attempt(() => api.call("put", "/v1/friends/{user_id}", { path }));
  const unfriend = attempt(() => api.call("delete", "/v1/friends/{user_id}", { path }));
  const block: MenuItem = {
    ...{ label: t("people.block"), icon: LATER.ban, isDanger: true },
    onSelect: attempt(
      async () =>
        (await confirmed(t("people.block"), t("people.blockQuestion"))) &&
        api.call("put", "/v1/blocks/{user_id}", { path }),
    ),
  };
  const report: MenuItem = {
    ...{ label: t("report.action"), icon: LATER.flag, isDanger: true },
    onSelect: () => showReport({ user_id: id }, t("report.user", { name: nameOf(name) })),
  };
  switch (relation) {
    case "friends":
      return [
        { label: t("people.unfriend"), icon: "close", isDanger: true, onSelect: unfriend },
        block,
        report,
      ];
    case "requested":
      return [{ label: t("people.withdraw"), icon: "close", onSelect: unfriend }, block, report];
    case "requested_by":
      return [
        { label: t("people.accept"), icon: "check", onSelect: befriend },
        { label: t("people.decline"), icon: "close", onSelect: unfriend },
        block,
        report,
      ];
    case "blocked":
      return [
        {
          ...{ label: t("people.unblock"), icon: "check" },
          onSelect: attempt(() => api.call("delete", "/v1/blocks/{user_id}", { path })),
        },
        report,
      ];
    case "none":
      return [{ label: t("people.add"), icon: LATER.userPlus, onSelect: befriend }, block, report];
  }
}
