import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Placeholder } from "../../ui/missing/placeholder.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { IN_CHANNELS } from "../roles/permissions.ts";
import { useRoles } from "../roles/use-roles.ts";
import type { Space } from "../state.ts";
import { whyOf } from "./because.ts";

interface Props {
  space: Space;
  /** the id of the channel */
  id: number;
  userId: number;
  title: string;
  onClose: () => void;
}

/** What a member may do in a channel, and because of what. */
export function MayDialog({ space, id, userId, title, onClose }: Props) {
  const { chat } = useAccount();
  const roles = useRoles(space.id);
  const { value, problem } = useLoaded(`${id} ${userId}`, async () => {
    const query = { user_id: userId };
    const path = { id };
    return (await chat.api.call("get", "/v1/conversations/{id}/permissions", { path, query })).because;
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <ProblemText text={problem || roles.problem} />
      {!value && !problem && <Placeholder rows={4} />}
      <ul class="may">
        {IN_CHANNELS.map((permission) => {
          const reason = value?.find((one) => one.permission === permission);
          if (!reason) return null;
          const { allowed } = reason;
          return (
            <li key={permission} data-allowed={allowed}>
              <span role="img" aria-label={t(allowed ? "readers.yes" : "readers.no")}>
                <Icon name={allowed ? "check" : "close"} />
              </span>
              <span>{t(`roles.may.${permission}`)}</span>
              <small>{whyOf(reason, roles.value ?? [])}</small>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
