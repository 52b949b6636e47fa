import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { PersonRow } from "../people/person-row.tsx";
import { useAccount } from "../state/context.ts";
import { useAction } from "../state/use-action.ts";
import { usePages } from "../state/use-pages.ts";
import { confirmed } from "../ui/confirm.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { More } from "../ui/more.tsx";
import { ProblemText } from "../ui/problem-text.tsx";
import { loadSpaces, type Space } from "./state.ts";

/** Who is in a space, in the order in which they came. */
export function MembersDialog({ space, onClose }: { space: Space; onClose: () => void }) {
  const { chat } = useAccount();
  const { id, name, owner_id: owner } = space;
  const pages = usePages((query) =>
    chat.api.call("get", "/v1/spaces/{id}/members", { path: { id }, query: { ...query, limit: 100 } }),
  );
  const remove = useAction(async (userId: number) => {
    const path = { id, user_id: userId };
    await chat.api.call("delete", "/v1/spaces/{id}/members/{user_id}", { path });
    pages.reload();
    await loadSpaces(chat);
  });
  return (
    <Dialog title={t("group.members")} onClose={onClose}>
      <ProblemText text={remove.problem} />
      <ul class="people">
        {pages.items?.map(({ user }) => (
          <PersonRow key={user.id} user={user}>
            {user.id === owner && <small>{t("group.role.owner")}</small>}
            {user.id !== owner && space.permissions.includes("kick") && (
              <button
                class="link"
                type="button"
                aria-label={t("picker.remove", { name: nameOf(user) })}
                onClick={async () => {
                  const question = t("spaces.removeQuestion", { name: nameOf(user), space: name });
                  if (await confirmed(t("spaces.remove"), question)) void remove.run(user.id);
                }}
              >
                {t("spaces.remove")}
              </button>
            )}
          </PersonRow>
        ))}
      </ul>
      <More pages={pages} empty="" />
    </Dialog>
  );
}
