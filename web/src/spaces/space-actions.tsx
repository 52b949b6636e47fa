import { when } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { copyLink, linkTo, passingOn, passOn } from "../invitation/link.ts";
import type { Account } from "../state/account.ts";
import { reason } from "../state/problem.ts";
import { go } from "../state/router.ts";
import { confirmed } from "../ui/confirm.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { showDialog } from "../ui/dialogs.tsx";
import { LATER } from "../ui/later/icons.ts";
import { lazy } from "../ui/lazy.tsx";
import type { MenuItem } from "../ui/overlay/menu.tsx";
import { toast } from "../ui/toasts.tsx";
import { orderActions } from "./channels/channel-actions.tsx";
import { MembersDialog } from "./members/members-dialog.tsx";
import { muteActions } from "./own/mute.ts";
import { SpaceDialog } from "./space-dialog.tsx";
import { loadSpaces, type Space, spaces } from "./state.ts";

const BansDialog = lazy(async () => (await import("./members/bans-dialog.tsx")).BansDialog);
const AuditDialog = lazy(async () => (await import("./audit/audit-dialog.tsx")).AuditDialog);
const InvitationsDialog = lazy(
  async () => (await import("./invitations/invitations-dialog.tsx")).InvitationsDialog,
);
const RolesDialog = lazy(async () => (await import("./roles/roles-dialog.tsx")).RolesDialog);
const SpaceOrder = lazy(async () => (await import("./own/space-order.tsx")).SpaceOrder);

/** An own link that lets in any number of users for at least so long, in ms, is given again. */
const DAY = 86_400_000;

/** What the user can do with a space. Channels and invitations have buttons. */
export function spaceActions({ chat, me }: Account, space: Space): MenuItem[] {
  const { id, name, owner_id: owner, permissions } = space;
  const end = (label: string, question: string, call: () => Promise<unknown>): MenuItem => ({
    ...{ label, icon: LATER.signOut, isDanger: true },
    onSelect: async () => {
      if (!(await confirmed(label, question))) return;
      try {
        await call();
        await loadSpaces(chat);
        chat.refresh();
        go({ view: "home" });
      } catch (error) {
        toast(reason(error));
      }
    },
  });
  return [
    {
      ...({ label: t("group.members"), icon: "people" } as const),
      onSelect: () => showDialog((close) => <MembersDialog space={space} onClose={close} />),
    },
    ...(permissions.includes("invite")
      ? [
          {
            ...{ label: t("group.invitations"), icon: LATER.link },
            onSelect: () => showDialog((close) => <InvitationsDialog space={space} onClose={close} />),
          },
        ]
      : []),
    ...(permissions.includes("manage_roles")
      ? [
          {
            ...{ label: t("roles.title"), icon: LATER.flag },
            onSelect: () => showDialog((close) => <RolesDialog space={space} onClose={close} />),
          },
        ]
      : []),
    ...(permissions.includes("ban")
      ? [
          {
            ...{ label: t("group.bans"), icon: LATER.ban },
            onSelect: () => showDialog((close) => <BansDialog space={id} onClose={close} />),
          },
        ]
      : []),
    ...(permissions.includes("see_audit")
      ? [
          {
            ...({ label: t("audit.title"), icon: "clock" } as const),
            onSelect: () => showDialog((close) => <AuditDialog space={space} onClose={close} />),
          },
        ]
      : []),
    ...muteActions(chat, space),
    ...orderActions(space),
    ...(spaces.value.length > 1
      ? [
          {
            ...{ label: t("order.spaces"), icon: LATER.grip },
            onSelect: () => showDialog((close) => <SpaceOrder onClose={close} />),
          },
        ]
      : []),
    ...(permissions.includes("manage_space")
      ? [
          {
            ...({ label: t("spaces.edit"), icon: "edit" } as const),
            onSelect: () => showDialog((close) => <SpaceDialog space={space} onClose={close} />),
          },
        ]
      : []),
    owner === me
      ? end(t("spaces.dissolve"), t("spaces.dissolveQuestion", { name }), () =>
          chat.api.call("delete", "/v1/spaces/{id}", { path: { id } }),
        )
      : end(t("spaces.leave"), t("spaces.leaveQuestion", { name }), () =>
          chat.api.call("post", "/v1/spaces/{id}/leave", { path: { id } }),
        ),
  ];
}

/** Copies a link by which others come into a space, and shows it. */
export async function invite({ chat, me }: Account, space: Space): Promise<void> {
  const path = { id: space.id };
  try {
    const { items } = await chat.api.call("get", "/v1/spaces/{id}/invitations", { path });
    const open = items.find(
      (one) =>
        one.created_by === me &&
        one.max_uses === null &&
        one.expires_at > Date.now() + DAY &&
        // What gives more than the space itself is given by choice.
        one.role_ids.length + one.channel_ids.length === 0,
    );
    const { code, expires_at: end } =
      open ?? (await chat.api.call("post", "/v1/spaces/{id}/invitations", { path, body: {} }));
    const link = linkTo({ view: "invitation", code });
    showDialog((close) => <LinkDialog {...{ space, link, end }} onClose={close} />);
    await copyLink(link);
  } catch (error) {
    toast(reason(error));
  }
}

interface LinkProps {
  space: Space;
  link: string;
  /** when it ends, in ms since 1970 */
  end: number;
  onClose: () => void;
}

/** The link of an invitation, for a browser that does not let the page copy it, and for a later time. */
function LinkDialog({ space, link, end, onClose }: LinkProps) {
  return (
    <Dialog title={t("spaces.invite")} onClose={onClose}>
      <div class="form">
        <label class="field">
          {t("group.link")}
          <input readOnly value={link} />
          <small>{t("spaces.linkHint", { at: when(end) })}</small>
        </label>
        <button class="primary" type="button" onClick={() => void passOn(link)}>
          {passingOn()}
        </button>
        <button
          class="link"
          type="button"
          onClick={() => {
            onClose();
            showDialog((close) => <InvitationsDialog space={space} onClose={close} />);
          }}
        >
          {t("invite.others")}
        </button>
      </div>
    </Dialog>
  );
}
