import { t } from "../i18n/i18n.ts";
import { PersonRow } from "../people/person-row.tsx";
import { useAccount } from "../state/context.ts";
import { useAction } from "../state/use-action.ts";
import { usePages } from "../state/use-pages.ts";
import { useReload } from "../state/use-reload.ts";
import { MoreButton } from "../ui/more.tsx";

/** The users who cannot enter a group, for its admins. */
export function Bans({ id }: { id: number }) {
  const { chat } = useAccount();
  const pages = usePages((query) =>
    chat.api.call("get", "/v1/conversations/{id}/bans", { path: { id }, query }),
  );
  const lift = useAction(async (userId: number) => {
    await chat.api.call("delete", "/v1/conversations/{id}/bans/{user_id}", { path: { id, user_id: userId } });
    pages.reload();
  });
  useReload(pages.reload, (frame) => frame.type === "member" && frame.conversation_id === id);
  const problem = pages.problem || lift.problem;
  if (!pages.items?.length && !problem) return null;
  return (
    <section class="group">
      <h3>{t("group.bans")}</h3>
      {problem && <p class="problem">{problem}</p>}
      <ul class="people">
        {pages.items?.map(({ user, reason }) => (
          <PersonRow key={user.id} user={user}>
            {reason && (
              <small dir="auto" title={reason}>
                {reason}
              </small>
            )}
            <button class="link" type="button" onClick={() => void lift.run(user.id)}>
              {t("group.liftBan")}
            </button>
          </PersonRow>
        ))}
      </ul>
      <MoreButton pages={pages} />
    </section>
  );
}
