import type { ComponentChildren } from "preact";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { href } from "../state/router.ts";
import type { User } from "../state/types.ts";
import { Avatar } from "../ui/avatar.tsx";

interface Props {
  user: User;
  /** what stands behind the name */
  children?: ComponentChildren;
}

/** A user in a list, who leads to their profile. */
export function PersonRow({ user, children }: Props) {
  const { id, username, avatar, online } = user;
  return (
    <li class="person-row">
      <a class="person" href={href({ view: "user", id })}>
        <span class="pictured" data-online={online}>
          <Avatar id={id} name={nameOf(user)} picture={avatar} />
        </span>
        <span class="row-name">
          <bdi data-bot={user.bot}>{nameOf(user)}</bdi>
        </span>
        <small>
          @{username}
          {online && ` · ${t("people.online")}`}
        </small>
      </a>
      {children}
    </li>
  );
}
