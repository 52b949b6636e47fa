import type { components } from "parley-client";
import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { copyLink, linkTo } from "../../invitation/link.ts";
import { bodyOf, FIRST_TERMS, TermsFields } from "../../invitation/terms.tsx";
import { useAccount } from "../../state/context.ts";
import { useMaking } from "../../state/making/use-making.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { hasAll } from "../roles/permissions.ts";
import { rankOf } from "../roles/rank.ts";
import { RoleChoice } from "../roles/role-choice.tsx";
import { EVERYONE, useRoles } from "../roles/use-roles.ts";
import { channelsOf, type Space } from "../state.ts";

export type SpaceInvitation = components["schemas"]["SpaceInvitation"];

/** An invitation gives at most so many roles, and as many channels. */
const MAX_GIFTS = 10;

interface Props {
  space: Space;
  /** its links; undefined: not loaded yet */
  known: readonly SpaceInvitation[] | undefined;
  onMade: () => void;
  onClose: () => void;
}

/** Makes a link into a space: for how long, for how many, and which roles and channels it gives them. */
export function NewInvitation({ space, known, onMade, onClose }: Props) {
  const { chat, me } = useAccount();
  const { id, permissions } = space;
  const path = { id };
  const [terms, setTerms] = useState(FIRST_TERMS);
  const [roleIds, setRoleIds] = useState<readonly number[]>([]);
  const [channelIds, setChannelIds] = useState<readonly number[]>([]);
  const roles = useRoles(id);
  const rank = rankOf(space, { id: me, role_ids: space.role_ids }, roles.value);
  const making = useMaking<SpaceInvitation, { code: string }>();
  const make = useAction(async () => {
    const body = { ...bodyOf(terms), role_ids: [...roleIds], channel_ids: [...channelIds] };
    const { code } = await making({
      known,
      list: async () =>
        (await chat.api.call("get", "/v1/spaces/{id}/invitations", { path }, { retry: false })).items,
      idOf: (one) => one.code,
      isIt: (one) =>
        one.created_by === me && isSame(one.role_ids, roleIds) && isSame(one.channel_ids, channelIds),
      make: () => chat.api.call("post", "/v1/spaces/{id}/invitations", { path, body }),
      adopt: (one) => one,
    });
    onMade();
    onClose();
    await copyLink(linkTo({ view: "invitation", code }));
  });
  // Whoever comes in follows the default channels anyway.
  const channels = channelsOf(id)?.filter((channel) => !channel.default) ?? [];
  const hasRoles =
    permissions.includes("manage_roles") && roles.value?.every(({ id: one }) => one === EVERYONE) !== true;
  return (
    <Dialog title={t("group.makeLink")} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void make.run();
        }}
      >
        <TermsFields terms={terms} onChange={setTerms} />
        {hasRoles && (
          <RoleChoice
            legend={t("invite.roles")}
            roles={roles.value}
            chosen={roleIds}
            onChange={setRoleIds}
            whyNot={({ id: one, position, permissions: given }) => {
              if (position >= rank) return t("roles.notBelow");
              if (!hasAll(permissions, given)) return t("roles.givesMore");
              return roleIds.length >= MAX_GIFTS && !roleIds.includes(one) ? t("invite.enough") : "";
            }}
          />
        )}
        {channels.length > 0 && (
          <fieldset class="gifts">
            <legend>{t("invite.channels")}</legend>
            {channels.map((channel) => {
              const isChosen = channelIds.includes(channel.id);
              return (
                <label key={channel.id}>
                  <input
                    type="checkbox"
                    checked={isChosen}
                    disabled={!isChosen && channelIds.length >= MAX_GIFTS}
                    onChange={({ currentTarget }) =>
                      setChannelIds(
                        currentTarget.checked
                          ? [...channelIds, channel.id]
                          : channelIds.filter((one) => one !== channel.id),
                      )
                    }
                  />
                  <bdi># {channel.name}</bdi>
                </label>
              );
            })}
          </fieldset>
        )}
        <ProblemText text={make.problem || roles.problem} />
        <button class="primary" type="submit" disabled={make.isBusy}>
          {t("group.makeLink")}
        </button>
      </form>
    </Dialog>
  );
}

/** Whether two lists have the same ids, in any order. */
function isSame(ids: readonly number[], others: readonly number[]): boolean {
  return ids.length === others.length && ids.every((id) => others.includes(id));
}
