import { when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { linkTo, passingOn, passOn } from "../../invitation/link.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { useNames } from "../../state/use-names.ts";
import { usePages } from "../../state/use-pages.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { showDialog } from "../../ui/dialogs.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { More } from "../../ui/more.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { roleName } from "../roles/role-name.tsx";
import { useRoles } from "../roles/use-roles.ts";
import { channelsOf, latest, type Space } from "../state.ts";
import { NewInvitation, type SpaceInvitation } from "./new-invitation.tsx";

/** The links that let users into a space, what each gives them, and how one is made or withdrawn. */
export function InvitationsDialog({ space: first, onClose }: { space: Space; onClose: () => void }) {
  const { chat } = useAccount();
  const space = latest(first);
  const { id } = space;
  const roles = useRoles(id).value ?? [];
  const pages = usePages((query) =>
    chat.api.call("get", "/v1/spaces/{id}/invitations", { path: { id }, query }),
  );
  const names = useNames([...new Set((pages.items ?? []).map(({ created_by: maker }) => maker))]);
  const withdraw = useAction(async (code: string) => {
    await chat.api.call("delete", "/v1/spaces/{id}/invitations/{code}", { path: { id, code } });
    pages.reload();
  });
  /** What who comes in by it is given. */
  const giftsOf = ({ role_ids: roleIds, channel_ids: channelIds }: SpaceInvitation) => [
    ...roles.filter((role) => roleIds.includes(role.id)).map(roleName),
    ...(channelsOf(id) ?? []).filter((one) => channelIds.includes(one.id)).map(({ name }) => `# ${name}`),
  ];
  return (
    <Dialog title={t("group.invitations")} onClose={onClose}>
      <ProblemText text={withdraw.problem} />
      <ul class="people" aria-label={t("group.invitations")}>
        {pages.items?.map((one) => {
          const { code, expires_at: end, uses, max_uses: max } = one;
          const gifts = giftsOf(one);
          return (
            <li key={code} class="invitation">
              <span class="session">
                <input readOnly value={linkTo({ view: "invitation", code })} aria-label={t("group.link")} />
                <small>
                  {max === null
                    ? t("group.linkState", { n: uses, at: when(end) })
                    : t("group.linkStateOf", { n: uses, of: max, at: when(end) })}
                </small>
                <small>
                  {t("invite.madeBy")} <bdi>{names.get(one.created_by) ?? `#${one.created_by}`}</bdi>
                </small>
                {gifts.length > 0 && (
                  <small>
                    {t("invite.gives")} <bdi>{gifts.join(" · ")}</bdi>
                  </small>
                )}
              </span>
              <button
                class="secondary"
                type="button"
                onClick={() => void passOn(linkTo({ view: "invitation", code }))}
              >
                {passingOn()}
              </button>
              <button
                class="link"
                type="button"
                disabled={withdraw.isBusy}
                onClick={() => void withdraw.run(code)}
              >
                {t("group.withdraw")}
              </button>
            </li>
          );
        })}
      </ul>
      <More pages={pages} icon={LATER.link} empty={t("invite.none")} />
      <button
        type="button"
        class="secondary"
        onClick={() =>
          showDialog((close) => (
            <NewInvitation space={space} known={pages.items} onMade={pages.reload} onClose={close} />
          ))
        }
      >
        {t("group.makeLink")}
      </button>
    </Dialog>
  );
}
