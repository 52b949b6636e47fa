import type { Member } from "parley-client/people";
import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { useAccount } from "../state/context.ts";
import { useAction } from "../state/use-action.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ProblemText } from "../ui/problem-text.tsx";

/** The server takes so many characters. */
const MAX_NAME = 100;

interface Props {
  /** the group */
  id: number;
  member: Member;
  onClose: () => void;
}

/** The name that a member has in one group, the user or who is below them. */
export function NameCardDialog({ id, member, onClose }: Props) {
  const { chat, me } = useAccount();
  const { user } = member;
  const set = (card: string) => {
    const path = { id, user_id: user.id };
    const body = { name_card: card };
    return chat.api.call("patch", "/v1/conversations/{id}/members/{user_id}", { path, body });
  };
  const title = t(user.id === me ? "group.ownNameCard" : "group.nameCard");
  return <CardDialog {...{ member, title, set, onClose }} hint={t("group.nameCardHint")} />;
}

interface CardProps {
  member: Pick<Member, "user" | "name_card">;
  title: string;
  /** where it is shown */
  hint: string;
  set: (card: string) => Promise<unknown>;
  onClose: () => void;
}

/** Asks for the name that a member has in one place. */
export function CardDialog({ member: { user, name_card: card }, title, hint, set, onClose }: CardProps) {
  const [name, setName] = useState(card);
  const save = useAction(async () => {
    await set(name.trim());
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save.run();
        }}
      >
        <div class="field">
          <input
            type="text"
            dir="auto"
            maxLength={MAX_NAME}
            value={name}
            placeholder={nameOf(user)}
            aria-label={title}
            aria-describedby="name-card-hint"
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
          <small id="name-card-hint">{hint}</small>
        </div>
        <ProblemText text={save.problem} />
        <button class="primary" type="submit" disabled={save.isBusy}>
          {t("profile.save")}
        </button>
      </form>
    </Dialog>
  );
}
