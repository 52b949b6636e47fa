import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { go } from "../state/router.ts";
import { useAction } from "../state/use-action.ts";
import { confirmed } from "../ui/confirm.tsx";
import type { GroupEntry } from "./rights.ts";

/** The end of a membership; for the owner, the end of the group. */
export function Leaving({ group: { id, name, role } }: { group: GroupEntry }) {
  const { chat } = useAccount();
  const path = { id };
  const leave = useAction(async () => {
    if (!(await confirmed(t("group.leaveQuestion", { group: name })))) return;
    await chat.api.call("post", "/v1/conversations/{id}/leave", { path });
    go({ view: "home" });
  });
  const dissolve = useAction(async () => {
    if (!(await confirmed(t("group.dissolveQuestion", { group: name })))) return;
    await chat.api.call("delete", "/v1/conversations/{id}", { path });
    go({ view: "home" });
  });
  const { run, isBusy, problem } = role === "owner" ? dissolve : leave;
  return (
    <section class="group">
      {role === "owner" && <p class="status">{t("group.ownerHint")}</p>}
      {problem && <p class="problem">{problem}</p>}
      <button class="secondary" data-danger type="button" disabled={isBusy} onClick={() => void run()}>
        {t(role === "owner" ? "group.dissolve" : "group.leave")}
      </button>
    </section>
  );
}
