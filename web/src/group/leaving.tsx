import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { showReport } from "../moderation/show-report.tsx";
import { loadChannels, manages } from "../spaces/state.ts";
import { useAccount } from "../state/context.ts";
import { go } from "../state/router.ts";
import { useAction } from "../state/use-action.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { useMembers } from "../state/use-people.ts";
import { confirmed } from "../ui/confirm.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { showDialog } from "../ui/dialogs.tsx";
import { ProblemText } from "../ui/problem-text.tsx";
import { type GroupEntry, isChannel } from "./rights.ts";

/**
 * A report of the group, and the end of a membership. An owner hands the group over before, or ends it. Some
 * groups nobody leaves.
 */
export function Leaving({ group }: { group: GroupEntry }) {
  const { id, name, role, member_count: count, space_id: space } = group;
  const { chat } = useAccount();
  const path = { id };
  const leave = useAction(async () => {
    if (!(await confirmed(t("group.leave"), t("group.leaveQuestion", { group: name })))) return;
    await chat.api.call("post", "/v1/conversations/{id}/leave", { path });
    go({ view: "home" });
  });
  const [verb, question] = isChannel(group)
    ? (["spaces.dissolveChannel", "spaces.dissolveChannelQuestion"] as const)
    : (["group.dissolve", "group.dissolveQuestion"] as const);
  const dissolve = useAction(async () => {
    if (!(await confirmed(t(verb), t(question, { group: name })))) return;
    await chat.api.call("delete", "/v1/conversations/{id}", { path });
    if (space) await loadChannels(chat, space);
    go({ view: "home" });
  });
  const mayEnd = isChannel(group) ? manages(group) : role === "owner";
  const { run, isBusy, problem } = mayEnd ? dissolve : leave;
  return (
    <section class="group">
      <ProblemText text={problem} />
      <div class="actions">
        {role !== "owner" && (
          <button
            class="secondary"
            data-danger
            type="button"
            onClick={() => showReport({ conversation_id: id }, t("report.group", { name }))}
          >
            {t("report.action")}
          </button>
        )}
        {role === "owner" && count > 1 && group.leave && (
          <button
            class="secondary"
            type="button"
            onClick={() => showDialog((close) => <HandOver group={group} onClose={close} />)}
          >
            {t("group.leaveAndHandOver")}
          </button>
        )}
        {(mayEnd || group.leave) && (
          <button class="secondary" data-danger type="button" disabled={isBusy} onClick={() => void run()}>
            {t(mayEnd ? verb : "group.leave")}
          </button>
        )}
      </div>
    </section>
  );
}

/** Asks the owner of a group who is to be the next one: of a crowd, which of the admins. */
function HandOver({ group, onClose }: { group: GroupEntry; onClose: () => void }) {
  const { chat, me } = useAccount();
  const { id } = group;
  const members = useMembers(id);
  const admins = useLoaded("admins", async () => {
    if (!group.crowd) return [];
    const query = { role: "admin", limit: 100 } as const;
    return (await chat.api.call("get", "/v1/conversations/{id}/members", { path: { id }, query })).items;
  });
  const others = (group.crowd ? admins.value : members)?.filter(({ user }) => user.id !== me);
  const [chosen, setChosen] = useState(0);
  const leave = useAction(async () => {
    const path = { id };
    await chat.api.call("post", "/v1/conversations/{id}/owner", { path, body: { user_id: chosen } });
    await chat.api.call("post", "/v1/conversations/{id}/leave", { path });
    onClose();
    go({ view: "home" });
  });
  return (
    <Dialog title={t("group.leaveAndHandOver")} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void leave.run();
        }}
      >
        <label class="field">
          {t("group.nextOwner")}
          <select required onChange={({ currentTarget }) => setChosen(Number(currentTarget.value))}>
            <option value="">{t("group.chooseMember")}</option>
            {others?.map(({ user }) => (
              <option key={user.id} value={user.id}>
                {nameOf(user)}
              </option>
            ))}
          </select>
        </label>
        <ProblemText text={leave.problem} />
        <button class="primary danger" type="submit" disabled={leave.isBusy || chosen === 0}>
          {t("group.leaveAndHandOver")}
        </button>
      </form>
    </Dialog>
  );
}
