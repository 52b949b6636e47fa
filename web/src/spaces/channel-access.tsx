import type { ConversationEntry } from "parley-client";
import { t } from "../i18n/i18n.ts";
import { showDialog } from "../ui/dialogs.tsx";
import { lazy } from "../ui/lazy.tsx";
import { permissionsIn, spaceOf } from "./state.ts";

const AccessDialog = lazy(async () => (await import("./roles/access-dialog.tsx")).AccessDialog);

/** Leads to who reads a channel and who writes in it, for those who say so. */
export function ChannelAccess({ entry }: { entry: ConversationEntry }) {
  const { id } = entry;
  const space = spaceOf(entry);
  const own = permissionsIn(id);
  if (!space || !own?.includes("manage_channel") || !own.includes("manage_roles")) return null;
  return (
    <button
      class="secondary"
      type="button"
      onClick={() => showDialog((close) => <AccessDialog {...{ space, id }} onClose={close} />)}
    >
      {t("access.title")}
    </button>
  );
}
