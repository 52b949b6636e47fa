import type { FoundUser } from "parley-client/people";
import type { ComponentChildren } from "preact";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { useAccount } from "../state/context.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { ShowPicture } from "../ui/missing/show-picture.tsx";
import type { MenuItem } from "../ui/overlay/menu.tsx";
import { relationText } from "./relations.ts";

interface Props {
  user: FoundUser;
  /** why the user could not be loaded, or an action did not work; empty: nothing is wrong */
  problem: string;
  /** what the user who is signed in can do about them */
  actions: readonly MenuItem[];
  /** the first of the buttons */
  children?: ComponentChildren;
}

/** A user in full: picture, name, what they are to the user who is signed in, and the actions. */
export function UserCard({ user, problem, actions, children }: Props) {
  const { me } = useAccount();
  const { id, username, avatar, online, relation, signature } = user;
  return (
    <div class="profile">
      <Avatar id={id} name={nameOf(user)} picture={avatar} size="large" />
      <ShowPicture address={avatar} />
      <h3>
        <bdi data-bot={user.bot}>{nameOf(user)}</bdi>
      </h3>
      <small>
        @{username}
        {online && ` · ${t("people.online")}`}
      </small>
      {signature && (
        <p class="prose" dir="auto">
          {signature}
        </p>
      )}
      <p class="status">{id === me ? t("people.me") : relationText(relation)}</p>
      <div class="actions">
        {children}
        {actions.map(({ label, icon, isDanger, onSelect }) => (
          <button key={label} type="button" class="secondary" data-danger={isDanger} onClick={onSelect}>
            {icon && <Icon name={icon} />}
            {label}
          </button>
        ))}
      </div>
      {problem && <p class="problem">{problem}</p>}
    </div>
  );
}
