import { t } from "../../i18n/i18n.ts";
import { PersonRow } from "../../people/person-row.tsx";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { usePages } from "../../state/use-pages.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { More } from "../../ui/more.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";

interface Props {
  /** the id of the space */
  space: number;
  onClose: () => void;
}

/** The users whom no invitation lets into a space, for who may ban. */
export function BansDialog({ space: id, onClose }: Props) {
  const { chat } = useAccount();
  const pages = usePages((query) => chat.api.call("get", "/v1/spaces/{id}/bans", { path: { id }, query }));
  const lift = useAction(async (userId: number) => {
    await chat.api.call("delete", "/v1/spaces/{id}/bans/{user_id}", { path: { id, user_id: userId } });
    pages.reload();
  });
  return (
    <Dialog title={t("group.bans")} onClose={onClose}>
      <ProblemText text={lift.problem} />
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
      <More pages={pages} icon={LATER.ban} empty={t("spaces.noBans")} />
    </Dialog>
  );
}
