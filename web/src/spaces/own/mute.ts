import type { Chat } from "parley-client";
import { isMuted } from "parley-client/attention";
import { t } from "../../i18n/i18n.ts";
import { nowUntil } from "../../lib/time/until.ts";
import { reason } from "../../state/problem.ts";
import { LATER } from "../../ui/later/icons.ts";
import type { MenuItem } from "../../ui/overlay/menu.tsx";
import { toast } from "../../ui/toasts.tsx";
import { loadSpaces, type Space } from "../state.ts";

const HOUR = 3_600_000;

/** Whether the user has muted a space by now. What draws it does so again when that ends. */
export function isQuiet(space: Pick<Space, "muted_until">): boolean {
  return isMuted(space, nowUntil(space.muted_until));
}

/** How the user mutes a space for themselves, on all their devices. */
export function muteActions(chat: Chat, space: Space): MenuItem[] {
  const path = { id: space.id };
  const mute = async (until: number) => {
    try {
      const body = { muted_until: until };
      await chat.api.call("put", "/v1/spaces/{id}/preferences", { path, body });
      await loadSpaces(chat);
    } catch (error) {
      toast(reason(error));
    }
  };
  if (isQuiet(space)) return [{ label: t("list.unmute"), icon: LATER.bell, onSelect: () => mute(0) }];
  return [
    { label: t("list.mute1"), icon: "muted", onSelect: () => mute(Date.now() + HOUR) },
    { label: t("list.mute8"), icon: "muted", onSelect: () => mute(Date.now() + 8 * HOUR) },
    { label: t("list.mute"), icon: "muted", onSelect: () => mute(-1) },
  ];
}
