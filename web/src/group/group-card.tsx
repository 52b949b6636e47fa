import type { ComponentChildren } from "preact";
import { t } from "../i18n/i18n.ts";
import { Avatar } from "../ui/avatar.tsx";
import { ShowPicture } from "../ui/missing/show-picture.tsx";

interface Props {
  group: { id: number; name: string; avatar: string; member_count: number; introduction: string };
  /** whether its number leads nowhere, as for who is not signed in */
  isUnnumbered?: boolean;
  /** what stands below the introduction */
  children?: ComponentChildren;
}

/** A group in full: picture, name, number of members, number of the group, introduction. */
export function GroupCard({ group, isUnnumbered = false, children }: Props) {
  const { id, name, avatar, member_count: members, introduction } = group;
  return (
    <div class="profile">
      <Avatar id={id} name={name} picture={avatar} size="large" />
      <ShowPicture address={avatar} />
      <h3>
        <bdi>{name}</bdi>
      </h3>
      <small>
        {t("conversation.members", { n: members })}
        {!isUnnumbered && ` · ${t("group.number", { number: String(id) })}`}
      </small>
      {introduction && (
        <p class="prose" dir="auto">
          {introduction}
        </p>
      )}
      {children}
    </div>
  );
}
